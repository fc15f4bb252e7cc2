import { createServer, request as forward } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { ConnectionClients } from '../../libs/core/src/token/api/connection-clients.js';
import { sqliteDatabase } from '../support/databases.js';
import { startSuite } from '../support/suite.js';

/** A proxy that passes everything on, and says what it was asked for. */
async function startProxy() {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    asked.push(new URL(request.url ?? '').pathname);
    const { method, headers } = request;
    const passed = forward(request.url ?? '', { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(passed);
  });
  server.on('connect', ({ url = '' }: IncomingMessage, socket: Socket) => {
    asked.push(url);
    const [host, port] = url.split(':');
    const target = connect(Number(port), host);
    for (const end of [socket, target]) end.on('error', () => end.destroy());
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    sockets.add(target);
    socket.pipe(target).pipe(socket);
  });
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    stop: () => {
      server.close();
      // Those that pass bytes on are no requests to the server any more.
      for (const socket of sockets) socket.destroy();
    },
  };
}

it('a proxy gets every call to a provider: for tokens, and of its API', async () => {
  const { url, asked, stop } = await startProxy();
  const suite = await startSuite(sqliteDatabase, { flock: { proxy: url, background: false } });
  try {
    const connection = await suite.connect();
    const { host } = new URL(suite.sandbox.flint.url);
    expect(asked).toEqual([host]);
    const client = suite.host.app.get(ConnectionClients, { strict: false });
    expect((await client.for(connection, 'flint').get('/v1/orders')).status).toBe(200);
    expect(asked.length).toBeGreaterThan(1);
  } finally {
    await suite.stop();
    stop();
  }
});
