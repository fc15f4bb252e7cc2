import { ConnectionService, TokenService } from '@nest-flock/core';
import type { Connection } from '@nest-flock/core';
import { Sandbox } from '@nest-flock/sandbox';
import type { TestDatabase } from './databases.js';
import { startHost } from './host.js';
import type { Host, HostSettings } from './host.js';
import { until } from './poll.js';

/** A host with a sandbox and a database, one connection made by a real install. */
export interface Suite {
  readonly sandbox: Sandbox;
  readonly database: TestDatabase;
  readonly host: Host;
  readonly tokens: TokenService;
  readonly connections: ConnectionService;
  /** Installs for a merchant and returns its connection. */
  connect(options?: { merchant?: string; mode?: 'test' | 'live' }): Promise<Connection>;
  /** A second instance on the same database. */
  another(settings?: Partial<HostSettings>): Promise<Host>;
  /** Forces a renewal as a caller would who got a 401. */
  renew(id: string): Promise<string>;
  row(id: string): Promise<Record<string, unknown>>;
  events(id?: string): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
}

export async function startSuite(
  open: () => Promise<TestDatabase>,
  settings: Partial<HostSettings> = {},
): Promise<Suite> {
  const database = await open();
  const sandbox = await Sandbox.start();
  const host = await startHost({ sandbox, database, ...settings }).catch(async (error: unknown) => {
    await sandbox.stop();
    await database.drop();
    throw error;
  });
  const others: Host[] = [];
  const tokens = host.app.get(TokenService);
  const connections = host.app.get(ConnectionService);
  return {
    sandbox,
    database,
    host,
    tokens,
    connections,
    connect: async (options = {}) => {
      const { page } = await host.install(options);
      if (page.status !== 303) throw new Error(`install failed: ${page.status} ${page.text}`);
      const { connections: found } = await connections.find({
        merchant: options.merchant ?? 'mer_acorn',
        environment: options.mode ?? 'test',
        status: 'active',
      });
      return found[0] as Connection;
    },
    another: async (more = {}) => {
      const other = await startHost({ sandbox, database, ...settings, ...more });
      others.push(other);
      return other;
    },
    renew: async (id) => tokens.getAccessToken(id, { rejected: await tokens.getAccessToken(id) }),
    row: async (id) => {
      const [row] = await database.sql('SELECT * FROM flock_connection WHERE id = ?', [id]);
      return row as Record<string, unknown>;
    },
    events: async (id) =>
      id === undefined
        ? database.sql('SELECT * FROM flock_event ORDER BY at')
        : database.sql('SELECT * FROM flock_event WHERE connection_id = ? ORDER BY at', [id]),
    stop: async () => {
      for (const other of others) await other.close();
      await host.close();
      await sandbox.stop();
      await database.drop();
    },
  };
}

/** Refresh calls that the sandbox saw. */
export const refreshCalls = ({ sandbox }: Suite) =>
  sandbox.flint.tokenCalls.filter((call) => call.grant_type === 'refresh_token');

/** Waits until the failure of the last attempt no longer holds back the next. */
export async function untilRetryable(suite: Suite, id: string): Promise<void> {
  await until(async () => {
    const row = await suite.row(id);
    return row.claim_id === null && Number(row.retry_at ?? 0) <= Date.now();
  });
}
