import { readHeader, readQuery } from './request.js';

describe('a request', () => {
  it('has the first of several headers of one name', () => {
    const request = { method: 'GET', url: '/', headers: { 'x-a': ['1', '2'], accept: 'b' } };
    expect(readHeader(request, 'x-a')).toBe('1');
    expect(readHeader(request, 'accept')).toBe('b');
    expect(readHeader(request, 'x-b')).toBeUndefined();
  });

  it('has the query of the URL that was asked for, not of what a router left of it', () => {
    const request = { method: 'GET', url: '/b?c=2', headers: {} };
    expect(readQuery({ ...request, originalUrl: '/a/b?c=1' }).get('c')).toBe('1');
    expect(readQuery(request).get('c')).toBe('2');
    expect([...readQuery({ ...request, url: '/b' })]).toEqual([]);
  });
});
