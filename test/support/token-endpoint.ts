import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TokenEndpointCall {
  readonly headers: IncomingMessage['headers'];
  readonly url: string;
  readonly body: string;
}

/** A bare token endpoint for providers that the sandbox does not know. */
export interface TokenEndpoint {
  readonly url: string;
  readonly calls: TokenEndpointCall[];
  /** The next answers; then the default again. */
  readonly answers: { status: number; body: unknown }[];
  stop(): Promise<void>;
}

export async function startTokenEndpoint(): Promise<TokenEndpoint> {
  const calls: TokenEndpointCall[] = [];
  const answers: { status: number; body: unknown }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      calls.push({ headers: request.headers, url: request.url ?? '', body });
      const answer = answers.shift() ?? {
        status: 200,
        body: { access_token: `token-${calls.length}`, token_type: 'Bearer', expires_in: 900 },
      };
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    answers,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
