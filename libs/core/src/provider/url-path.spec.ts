import { urlPath } from './url-path.js';

describe('a path with values in it', () => {
  it('encodes the values and nothing else', () => {
    expect(urlPath`/v1/orders`).toBe('/v1/orders');
    expect(urlPath`/v1/${'a/b?c'}/of\u002f/${'100%'}?q=${'x&y'}`).toBe(
      '/v1/a%2Fb%3Fc/of//100%25?q=x%26y',
    );
  });

  it('takes no value that leads elsewhere however it is encoded', () => {
    for (const value of ['.', '..']) {
      expect(() => urlPath`/v1/${value}/revoke`).toThrow('leads elsewhere');
    }
    expect(urlPath`/v1/${'...'}`).toBe('/v1/...');
  });
});
