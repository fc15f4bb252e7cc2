import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** Stands between an instance and its database, so that a test can take the database away. */
export interface TcpProxy {
  readonly port: number;
  /** Cuts every connection and refuses new ones. */
  cut(): void;
  restore(): void;
  /** Lets nothing through, without closing anything. */
  stall(): void;
  /** Lets the login of new connections through, `answers` of the server long, and then nothing. */
  stallAfter(answers: number): void;
  /** Everything goes through again. */
  flow(): void;
  /** New connections lead to another server; what is open stays where it is. */
  lead(port: number): void;
  stop(): Promise<void>;
}

export async function startProxy(host: string, port: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let open = true;
  let target = port;
  let answers = Infinity;
  const server = createServer((client) => {
    if (!open) {
      client.destroy();
      return;
    }
    const upstream = connect(target, host);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    let left = answers;
    upstream.on('data', () => {
      left -= 1;
      if (left === 0) {
        client.pause();
        upstream.pause();
      }
    });
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    open = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    restore: () => {
      open = true;
    },
    stall: () => {
      for (const socket of sockets) socket.pause();
    },
    stallAfter: (count) => {
      answers = count;
    },
    flow: () => {
      answers = Infinity;
      for (const socket of sockets) socket.resume();
    },
    lead: (other) => {
      target = other;
    },
    stop: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
