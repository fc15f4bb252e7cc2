import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { GetAccessTokenOptions } from '@nest-flock/core';
import { QUICK } from './host.js';
import type { Suite } from './suite.js';

export interface Outcomes {
  readonly tokens: readonly string[];
  readonly errors: readonly string[];
}

/** A host app in another process, on the built packages. */
export interface Instance {
  getAccessToken(id: string, times?: number, options?: GetAccessTokenOptions): Promise<Outcomes>;
  stop(): Promise<void>;
}

export async function startInstance(
  { database, sandbox }: Pick<Suite, 'database' | 'sandbox'>,
  settings: { clockOffsetMs?: number; refresh?: object; databaseUrl?: string } = {},
): Promise<Instance> {
  const { client_id, client_secret } = sandbox.flint.app;
  const child = fork(join(process.cwd(), 'test', 'support', 'instance-process.mjs'), [
    JSON.stringify({
      clockOffsetMs: settings.clockOffsetMs,
      flock: {
        databaseUrl: settings.databaseUrl ?? database.url,
        dataDir: database.directory,
        refresh: { ...QUICK, waitMs: 15_000, ...settings.refresh },
      },
      flint: {
        clientId: client_id,
        clientSecret: client_secret,
        baseUrl: sandbox.flint.url,
        redirectUri: 'http://localhost:3000/flint/oauth/callback',
      },
    }),
  ]);
  await once(child, 'message');
  let calls = 0;
  return {
    getAccessToken: (id, times = 1, options) =>
      new Promise((resolve, reject) => {
        const call = (calls += 1);
        const listen = (message: Outcomes & { call: number }) => {
          if (message.call !== call) return;
          child.off('message', listen);
          child.off('exit', ended);
          resolve(message);
        };
        const ended = () => reject(new Error('instance ended'));
        child.on('message', listen);
        child.once('exit', ended);
        child.send({ call, id, times, options });
      }),
    stop: async () => {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
