import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StubCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** The JSON body; `undefined` of none. */
  readonly body: unknown;
}

export interface StubAnswer {
  readonly status: number;
  /** Sent as JSON; a text as it is. */
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

type Answering = (call: StubCall) => StubAnswer | Promise<StubAnswer>;

/** A provider that answers what the test says. */
export interface StubServer {
  readonly url: string;
  readonly calls: StubCall[];
  answer: Answering;
  stop(): Promise<void>;
}

export async function startStub(answer: Answering): Promise<StubServer> {
  const calls: StubCall[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stub');
      const isJson = request.headers['content-type']?.includes('json') === true && text !== '';
      const call: StubCall = {
        method: request.method ?? '',
        path: pathname,
        query: searchParams,
        headers: request.headers,
        text,
        body: isJson ? JSON.parse(text) : undefined,
      };
      calls.push(call);
      void Promise.resolve(stub.answer(call)).then(({ status, body, headers }) => {
        const plain = typeof body === 'string';
        response.writeHead(status, {
          'content-type': plain ? 'text/html' : 'application/json',
          ...headers,
        });
        response.end(plain ? body : JSON.stringify(body));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stub: StubServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    answer,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return stub;
}
