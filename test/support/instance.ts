import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { FlockHealth, FlockOptions, GetAccessTokenOptions } from '@nest-flock/core';
import { QUICK } from './host.js';
import type { Suite } from './suite.js';

export interface Outcomes {
  readonly tokens: readonly string[];
  readonly errors: readonly string[];
}

/** A host app in another process, on the built packages. */
export interface Instance {
  getAccessToken(id: string, times?: number, options?: GetAccessTokenOptions): Promise<Outcomes>;
  health(): Promise<FlockHealth>;
  /** Ids of the deliveries that its handler was called with. */
  readonly handled: readonly string[];
  stop(): Promise<void>;
}

export interface InstanceSettings {
  readonly clockOffsetMs?: number;
  readonly renewal?: object;
  readonly databaseUrl?: string;
  readonly flock?: FlockOptions;
  /** A key provider that asks this server; see kms-keys.mjs. */
  readonly kms?: object;
  /** Options of `FlockRedisModule`, which is imported then. */
  readonly redis?: object;
  /** Timers that do not run, so that something else must explain what happens. */
  readonly without?: readonly string[];
}

/** What a process of the tests is told: instance-process.mjs and command-process.mjs. */
export function processSettings(
  { database, sandbox }: Pick<Suite, 'database' | 'sandbox'>,
  settings: InstanceSettings,
): string {
  const { client_id, client_secret } = sandbox.flint.app;
  return JSON.stringify({
    clockOffsetMs: settings.clockOffsetMs,
    kms: settings.kms,
    redis: settings.redis,
    without: settings.without,
    flock: {
      databaseUrl: settings.databaseUrl ?? database.url,
      dataDir: database.directory,
      ...settings.flock,
      renewal: { ...QUICK, ...settings.renewal },
    },
    flint: {
      clientId: client_id,
      clientSecret: client_secret,
      baseUrl: sandbox.flint.url,
      redirectUri: 'http://localhost:3000/flint/oauth/callback',
    },
  });
}

/** Rejects with the message of an instance that does not start. */
export async function startInstance(
  suite: Pick<Suite, 'database' | 'sandbox'>,
  settings: InstanceSettings = {},
): Promise<Instance> {
  const child = fork(join(process.cwd(), 'test', 'support', 'instance-process.mjs'), [
    processSettings(suite, settings),
  ]);
  const [first] = (await once(child, 'message')) as [{ failed?: string }];
  if (first.failed !== undefined) throw new Error(first.failed);
  let calls = 0;
  const handled: string[] = [];
  child.on('message', (message: { handled?: string }) => {
    if (message.handled !== undefined) handled.push(message.handled);
  });
  const ask = <T>(message: object) =>
    new Promise<T>((resolve, reject) => {
      const call = (calls += 1);
      const listen = (answer: T & { call: number }) => {
        if (answer.call !== call) return;
        child.off('message', listen);
        child.off('exit', ended);
        resolve(answer);
      };
      const ended = () => reject(new Error('instance ended'));
      child.on('message', listen);
      child.once('exit', ended);
      child.send({ call, ...message });
    });
  return {
    handled,
    getAccessToken: (id, times = 1, options) => ask<Outcomes>({ id, times, options }),
    health: async () => (await ask<{ health: FlockHealth }>({})).health,
    stop: async () => {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
