import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { UndiciTokenTransport } from './undici-token-transport.js';

const listening = (server: Server) =>
  new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

describe('the transport of token calls', () => {
  let endpoint: Server;
  let url: string;

  beforeEach(async () => {
    endpoint = createServer((_request, response) => {
      response.statusCode = 429;
      response.setHeader('retry-after', ['7', '9']).end('{}');
    });
    url = `http://127.0.0.1:${await listening(endpoint)}/token`;
  });
  afterEach(() => endpoint.close());

  const send = (transport: UndiciTokenTransport, publicOnly: boolean) =>
    transport.send({ url, method: 'POST', headers: {}, body: '', publicOnly }, 10_000);

  it('takes the first of several times to wait', async () => {
    const transport = new UndiciTokenTransport();
    expect(await send(transport, false)).toMatchObject({ status: 429, retryAfter: '7' });
    await transport.close();
  });

  it('goes through the proxy, also to a server that somebody registered: the proxy looks names up', async () => {
    const asked: (string | undefined)[] = [];
    const proxy = createServer().on('connect', (request: { url?: string }, socket: Socket) => {
      asked.push(request.url);
      const [host, port] = (request.url ?? '').split(':');
      const target = connect(Number(port), host);
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(target).pipe(socket);
    });
    const transport = new UndiciTokenTransport({
      proxy: `http://127.0.0.1:${await listening(proxy)}`,
    });
    expect(await send(transport, false)).toMatchObject({ status: 429 });
    expect(await send(transport, true)).toMatchObject({ status: 429 });
    await transport.close();
    proxy.close();
    expect(new Set(asked)).toEqual(new Set([new URL(url).host]));
  });
});
