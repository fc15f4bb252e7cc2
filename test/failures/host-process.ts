import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type {
  ConnectionRef,
  FlockHealth,
  FlockOptions,
  GetAccessTokenOptions,
} from '@nest-flock/core';
import { Browser } from '../support/browser.js';
import { freePort, QUICK } from '../support/host.js';
import { until } from '../support/poll.js';
import type { Suite } from '../support/suite.js';

export interface HostProcessSettings {
  readonly flock?: FlockOptions;
  /** How far the wall clock of this process is off. */
  readonly clockOffsetMs?: number;
  /** Stops the event loop at this step of a renewal, for as long as the file is there. */
  readonly block?: { readonly step: string; readonly whileExists: string };
  /** With a handler of revoked connections, which waits for `letHandlersEnd`. */
  readonly handlers?: boolean;
  /** Base URL of a provider with client credentials. */
  readonly acme?: string;
  readonly flint?: Record<string, unknown>;
  /** With Fynd besides, whose secret this is: its webhooks tell their time in the body alone. */
  readonly fyndSecret?: string;
}

export interface Answer {
  readonly token?: string;
  readonly code?: string;
}

interface Commands {
  get(value: { ref: ConnectionRef; times?: number; options?: GetAccessTokenOptions }): Answer[];
  change(value: { ref: ConnectionRef; held: string }): Answer & { reads: number };
  renewForever(value: { refs: readonly ConnectionRef[] }): void;
  age(value: { ms: number }): void;
  counts(): { begun: number; ended: number; units: number };
  disconnect(value: { ref: ConnectionRef }): void;
  /** The next unit of work stops the event loop before its commit, for as long as the file is there. */
  blockUnit(value: { whileExists: string }): void;
  health(): FlockHealth;
  letHandlersEnd(): void;
}

/** A host app in a process of its own, with its HTTP routes. */
export interface HostProcess {
  readonly url: string;
  /** What it has logged: warnings and errors. */
  readonly log: string;
  ask<C extends keyof Commands>(
    command: C,
    ...value: Parameters<Commands[C]>
  ): Promise<ReturnType<Commands[C]>>;
  /** Waits until it has said so: `blocked`, `handling`, `stopping`. */
  said(event: string): Promise<unknown>;
  browser(): Browser;
  signal(signal: NodeJS.Signals): void;
  /** Exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  stop(): Promise<void>;
}

export async function startHostProcess(
  { database, sandbox }: Pick<Suite, 'database' | 'sandbox'>,
  settings: HostProcessSettings = {},
): Promise<HostProcess> {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const redirectUri = `${url}/flint/oauth/callback`;
  sandbox.flint.addRedirectUri(redirectUri);
  const { client_id, client_secret } = sandbox.flint.app;
  const child = fork(
    join(process.cwd(), 'test', 'failures', 'host-app.mjs'),
    [
      JSON.stringify({
        ...settings,
        port,
        flock: {
          databaseUrl: database.url,
          dataDir: database.directory,
          background: false,
          installsPerMinute: 100_000,
          ...settings.flock,
          renewal: { ...QUICK, ...settings.flock?.renewal },
        },
        flint: {
          clientId: client_id,
          clientSecret: client_secret,
          baseUrl: sandbox.flint.url,
          redirectUri,
          ...settings.flint,
        },
        ...(settings.acme !== undefined && {
          acme: { clientId: 'unused', clientSecret: 'unused', baseUrl: settings.acme },
        }),
        ...(settings.fyndSecret !== undefined && {
          fynd: {
            clientId: 'unused',
            clientSecret: settings.fyndSecret,
            extensionUrl: url,
            scopes: ['company/saleschannel'],
          },
        }),
      }),
    ],
    { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] },
  );
  let log = '';
  const keep = (text: Buffer) => void (log += text.toString());
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const events: { event: string }[] = [];
  child.on('message', (message: { event?: string }) => {
    if (message.event !== undefined) events.push(message as { event: string });
  });
  const exited = once(child, 'exit').then(
    ([code, signal]) => (signal ?? code) as number | NodeJS.Signals,
  );
  let ended = false;
  void exited.then(() => (ended = true));
  const said = (event: string) =>
    until(() => {
      const found = events.find((one) => one.event === event);
      if (found === undefined && ended)
        throw new Error(`The process ended. ${log.slice(0, 2_000)}`);
      return found;
    });
  // A start takes as long as it takes; the limit of the test bounds it.
  await Promise.race([once(child, 'message'), exited]);
  await said('started');
  let calls = 0;
  return {
    url,
    get log() {
      return log;
    },
    exited,
    said,
    ask: (command, ...[value]) =>
      new Promise((resolve, reject) => {
        const call = (calls += 1);
        const listen = (message: { call?: number; result?: unknown; error?: string }) => {
          if (message.call !== call) return;
          child.off('message', listen);
          if (message.error === undefined) resolve(message.result as never);
          else reject(new Error(message.error));
        };
        child.on('message', listen);
        void exited.then(() => reject(new Error(`The process ended. ${log.slice(0, 2_000)}`)));
        child.send({ call, command, value });
      }),
    browser: () => new Browser(url),
    signal: (signal) => void child.kill(signal),
    stop: async () => {
      // Ends what is stopped, too.
      if (!ended) child.kill('SIGKILL');
      await exited;
    },
  };
}
