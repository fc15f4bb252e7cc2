import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A provider as small as can be: tokens for known credentials, and an API that wants one of its own. */
export async function startAcmeServer(
  clients: ReadonlyMap<string, string>,
): Promise<{ url: string; stop(): Promise<void> }> {
  const tokens = new Map<string, string>();

  const answer = async (request: IncomingMessage): Promise<[number, unknown]> => {
    const [, environment = '', resource] = (request.url ?? '').split('/');
    if (resource !== 'token') {
      const token = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
      return tokens.get(token) === environment ? [200, { things: [] }] : [401, {}];
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { client_id, client_secret } = JSON.parse(Buffer.concat(chunks).toString()) as Record<
      string,
      string
    >;
    if (clients.get(client_id ?? '') !== client_secret) return [401, { error: 'invalid_client' }];
    const token = randomBytes(24).toString('base64url');
    tokens.set(token, environment);
    return [200, { access_token: token, token_type: 'Bearer', expires_in: 900, scope: 'all' }];
  };

  const server = createServer((request, response) => {
    void answer(request).then(([status, body]) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
