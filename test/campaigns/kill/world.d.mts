import type { RenewalPolicy } from '@nest-flock/core';
import type { Sandbox, TokenCall } from '@nest-flock/sandbox';
import type { Victim, VictimConfig } from './processes.mjs';

export type DatabaseKind = 'sqlite' | 'postgres' | 'mariadb';
export type Grace = 'none' | 'until_used';
export type Row = Record<string, unknown>;

export interface Settled {
  readonly id: string;
  /** `renewed`, `unreadable` or the code of the error. */
  readonly outcome: string;
  /** Status with which the API answered the new token. */
  readonly api?: number;
}

export interface Verdict {
  /** Every promise that was broken, with the connection. */
  readonly violations: string[];
  readonly lost: Row[];
  readonly summary: Record<string, unknown>;
}

export interface KillDatabase {
  readonly kind: DatabaseKind;
  sql(text: string, values?: unknown[]): Promise<Row[]>;
  refuseTokens(): Promise<void>;
  acceptTokens(): Promise<void>;
  lock(): Promise<void>;
  unlock(): Promise<void>;
}

export class World {
  readonly sandbox: Sandbox;
  readonly database: KillDatabase;
  readonly ids: string[];
  readonly kills: number;
  readonly policy: Partial<RenewalPolicy>;
  start(overrides?: Partial<VictimConfig>, loaded?: Victim): Promise<Victim>;
  connect(count: number): Promise<string[]>;
  row(id: string): Promise<Row>;
  events(id: string): Promise<Row[]>;
  grantCalls(account: unknown): TokenCall[];
  rescueFiles(): string[];
  autopsy(victim: Victim): Promise<string[]>;
  settle(ids?: readonly string[]): Promise<Settled[]>;
  check(results: readonly Settled[]): Promise<Verdict>;
  close(): Promise<void>;
}

export function createWorld(options: {
  database?: DatabaseKind;
  grace: Grace;
  server?: string;
  policy?: Partial<RenewalPolicy>;
}): Promise<World>;
