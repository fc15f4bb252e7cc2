import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** A certificate of nobody's, for these names; made by openssl. */
export function selfSigned(names: readonly string[]): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'flock-tls-'));
  try {
    const [key, cert] = ['key.pem', 'cert.pem'].map((file) => join(folder, file)) as [
      string,
      string,
    ];
    const alt = names.map((name) => `DNS:${name}`).join(',');
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
        ...['-days', '1', '-subj', `/CN=${names[0]}`, '-addext', `subjectAltName=${alt}`],
        ...['-keyout', key, '-out', cert],
      ],
      { stdio: 'pipe' },
    );
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface TlsFront {
  readonly port: number;
  close(): Promise<void>;
}

/** Terminates TLS in front of a plain server on this machine. */
export async function tlsFront(certificate: Certificate, target: string): Promise<TlsFront> {
  const { hostname, port, host } = new URL(target);
  const server = createServer(certificate, (incoming, outgoing) => {
    const forwarded = httpRequest(
      {
        hostname,
        port,
        method: incoming.method,
        path: incoming.url,
        headers: { ...incoming.headers, host },
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
