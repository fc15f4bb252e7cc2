import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';

export interface OidcClient {
  readonly client_id: string;
  readonly client_secret: string;
}

/** oidc-provider in a process of its own: it is no part of what is tested. */
export interface OidcServer {
  readonly url: string;
  /** What the server says of a token (RFC 7662). */
  isActive(token: string, client: OidcClient): Promise<boolean>;
  stop(): Promise<void>;
}

/** One that merchants install; a `native` one may come back on any port of this machine. */
export const installedClient = (id: string, callbackPath: string): OidcClient =>
  withSecret(id, {
    application_type: 'native',
    redirect_uris: [`http://localhost${callbackPath}`],
    grant_types: ['authorization_code', 'refresh_token'],
  });

export const machineClient = (id: string): OidcClient =>
  withSecret(id, { redirect_uris: [], response_types: [], grant_types: ['client_credentials'] });

const withSecret = <T>(id: string, metadata: T) => ({
  client_id: id,
  client_secret: randomBytes(24).toString('base64url'),
  ...metadata,
});

export async function startOidcServer(
  clients: readonly OidcClient[],
  issuer?: string,
): Promise<OidcServer> {
  const script = join(process.cwd(), 'test', 'providers', 'sixth', 'server.mjs');
  const child = fork(script, [JSON.stringify({ issuer, clients })], {
    // It warns of Node 20 and of living in memory.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const ended = once(child, 'exit').then(([code]) =>
    Promise.reject(new Error(`it ended: ${code}`)),
  );
  const [{ url }] = (await Promise.race([once(child, 'message'), ended])) as [{ url: string }];
  ended.catch(() => undefined);
  return {
    url,
    isActive: async (token, { client_id, client_secret }) => {
      const response = await fetch(`${url}/token/introspection`, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`,
        },
        body: new URLSearchParams({ token }),
      });
      return ((await response.json()) as { active: boolean }).active;
    },
    stop: async () => {
      child.disconnect();
      await ended.catch(() => undefined);
    },
  };
}
