import type { RenewalPolicy } from '@nest-flock/core';

/** Where a victim sends itself a signal, SIGKILL unless another is named. */
export type KillPoint =
  | { readonly step: string; readonly nth?: number; readonly signal?: NodeJS.Signals }
  /** As soon as this statement is committed. */
  | { readonly statement: string; readonly signal?: NodeJS.Signals };

export interface VictimConfig {
  readonly killAt: KillPoint;
  readonly background: boolean;
  readonly policy: Partial<RenewalPolicy>;
}

export class Victim {
  readonly pid: number;
  readonly exited: Promise<number | NodeJS.Signals>;
  ask(command: 'renew', ids: readonly string[]): Promise<void>;
  ask(
    command: 'settle',
    value: { ids: readonly string[]; concurrency: number; deadlineMs: number },
  ): Promise<{ id: string; outcome: string; api?: number }[]>;
  kill(): Promise<number | NodeJS.Signals>;
  stop(): Promise<void>;
  steps(): { step: string; connectionId: string; attemptId: string }[];
}
