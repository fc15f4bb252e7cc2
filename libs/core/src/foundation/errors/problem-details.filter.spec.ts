import type { ArgumentsHost } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { lastValueFrom } from 'rxjs';
import type { Observable } from 'rxjs';
import { FlockError } from './flock.error.js';
import { ProblemDetailsFilter } from './problem-details.filter.js';

const connectUrl = 'https://app.example/install';
const error = new FlockError('reauthorization_required', 'Connect again.', { connectUrl });

describe('the answer to an error', () => {
  const sent: unknown[] = [];
  const adapter = {
    setHeader: () => undefined,
    redirect: (_response: unknown, status: number, url: string) => sent.push([status, url]),
    reply: (_response: unknown, _body: string, status: number) => sent.push([status]),
  };
  const adapterHost = { httpAdapter: adapter } as unknown as HttpAdapterHost;
  const filter = new ProblemDetailsFilter(adapterHost, true);
  const hostOf = (type: string, request: object = {}): ArgumentsHost =>
    ({
      getType: () => type,
      switchToHttp: () => ({ getRequest: () => request, getResponse: () => ({}) }),
    }) as unknown as ArgumentsHost;

  beforeEach(() => (sent.length = 0));

  it('of a message handler is the error itself, for its transport', async () => {
    const answer = filter.catch(error, hostOf('rpc')) as Observable<never>;
    await expect(lastValueFrom(answer)).rejects.toBe(error);
    expect(sent).toEqual([]);
  });

  it.each([
    ['a page that somebody opens leads to the install', 'GET', { accept: 'text/html' }, 302],
    ['a call that says nothing of what it takes is told', 'GET', {}, error.getStatus()],
    ['a form is told', 'POST', { accept: 'text/html' }, error.getStatus()],
  ])('%s', (_what, method, headers, status) => {
    filter.catch(error, hostOf('http', { method, url: '/', headers }));
    expect(sent).toEqual([status === 302 ? [302, connectUrl] : [status]]);
  });
});
