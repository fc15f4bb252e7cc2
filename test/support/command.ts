import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { processSettings } from './instance.js';
import type { InstanceSettings } from './instance.js';
import type { Suite } from './suite.js';

export interface CommandEnd {
  /** The exit code, or the signal that ended it. */
  readonly end: number | string;
  /** Standard output, and what of it is JSON. */
  readonly lines: readonly string[];
  readonly events: readonly Record<string, unknown>[];
  readonly errors: string;
}

export interface RunningCommand {
  /** Resolves when it has said so; at the latest when it has ended. */
  said(event: string): Promise<void>;
  kill(signal: 'SIGKILL' | 'SIGINT'): void;
  readonly ended: Promise<CommandEnd>;
}

/** `flock …` as a process of its own, on the built packages, with the settings of an instance. */
export function startCommand(
  suite: Pick<Suite, 'database' | 'sandbox'>,
  settings: InstanceSettings,
  ...argv: string[]
): RunningCommand {
  const file = join(process.cwd(), 'test', 'support', 'command-process.mjs');
  const child = spawn(process.execPath, [file, processSettings(suite, settings), ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  let errors = '';
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  const reader = createInterface(child.stdout).on('line', (line) => lines.push(line));
  const ended = once(child, 'close').then(([code, signal]) => ({
    end: (code ?? signal) as number | string,
    lines,
    events: lines
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>),
    errors,
  }));
  return {
    said: async (event) => {
      const wanted = `{"event":"${event}"`;
      const seen = new Promise<void>((resolve) => {
        if (lines.some((line) => line.startsWith(wanted))) resolve();
        reader.on('line', (line) => line.startsWith(wanted) && resolve());
      });
      await Promise.race([seen, ended]);
    },
    kill: (signal) => void child.kill(signal),
    ended,
  };
}

/** Runs it to its end, with `--json`. */
export const runCommand = (
  suite: Pick<Suite, 'database' | 'sandbox'>,
  settings: InstanceSettings,
  ...argv: string[]
): Promise<CommandEnd> => startCommand(suite, settings, ...argv, '--json').ended;
