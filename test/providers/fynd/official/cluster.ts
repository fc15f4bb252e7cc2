import { createServer, request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that the cluster was sent, as it came. */
export interface ClusterCall {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Cluster {
  readonly url: string;
  readonly calls: ClusterCall[];
  close(): Promise<void>;
}

/**
 * The emulated Fynd at an origin of its own: the official library builds the URL of the authorize page
 * from the origin of its cluster alone, so a cluster below a path would lose that path.
 */
export async function startCluster(target: string): Promise<Cluster> {
  const { hostname, port, pathname } = new URL(target);
  const calls: ClusterCall[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming;
      const body = Buffer.concat(chunks);
      const [path = '', query = ''] = url.split('?', 2);
      calls.push({ method, path, query, headers, body: body.toString('utf8') });
      const forwarded = httpRequest(
        { hostname, port, method, path: `${pathname}${url}`, headers },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        },
      );
      forwarded.on('error', () => outgoing.destroy());
      forwarded.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
