import type { INestApplicationContext } from '@nestjs/common';
import type { ParseArgsConfig } from 'node:util';
import type { CommandOutput } from './command-output.js';

/** The command line cannot be used: exit code 2, and how it is written. */
export class UsageError extends Error {}

/** As shells have them. */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

export interface CommandContext {
  readonly app: INestApplicationContext;
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  readonly arguments: readonly string[];
  readonly output: CommandOutput;
  /** Ctrl-C: end after what is in hand, and say how to go on. */
  readonly signal: AbortSignal;
}

/** One thing that an operator does with the store. */
export interface FlockCommand {
  readonly name: string;
  /** One line of the usage. */
  readonly summary: string;
  /** What may follow the name. */
  readonly usage: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** Most arguments that are no options. */
  readonly mostArguments: number;
  /** The exit code. @throws UsageError, FlockError */
  run(context: CommandContext): Promise<number>;
}
