import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';

/** Takes connections and what comes on them, and says only what the test makes it say. */
export interface SilentServer {
  readonly port: number;
  /** Connections on which something came. */
  readonly heard: number;
  /** Says it on the newest connection; resolves when the client has read the head of an answer. */
  say(text: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startSilentServer(): Promise<SilentServer> {
  const sockets: Socket[] = [];
  let heard = 0;
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => (heard += 1));
    socket.resume();
  });
  return {
    port: await listen(server),
    get heard() {
      return heard;
    },
    say: async (text) => {
      const read = once('undici:request:headers');
      sockets.at(-1)?.write(text);
      await read;
      await turn();
    },
    stop: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Every answer is a JSON text of 64 MiB. */
export interface EndlessEndpoint {
  readonly url: string;
  readonly size: number;
  /** Connections that were closed, with what could be written until then. */
  readonly closed: readonly { readonly bytes: number }[];
  stop(): Promise<void>;
}

export async function startEndlessEndpoint(): Promise<EndlessEndpoint> {
  const closed: { bytes: number }[] = [];
  const chunk = Buffer.alloc(64 * 1_024, 'a');
  const size = 1_024 * chunk.length;
  const server = createHttpServer((request, response) => {
    const { socket } = request;
    let left = size;
    const write = () => {
      while (left > 0 && !response.destroyed) {
        left -= chunk.length;
        if (!response.write(chunk)) return;
      }
      response.end('"}');
    };
    response.on('drain', write);
    socket.once('close', () => closed.push({ bytes: socket.bytesWritten }));
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"access_token":"');
      write();
    });
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    size,
    closed,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const once = (channel: string): Promise<void> =>
  new Promise((resolve) => {
    const heard = () => {
      unsubscribe(channel, heard);
      resolve();
    };
    subscribe(channel, heard);
  });
