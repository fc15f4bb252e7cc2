import type { DynamicModule, INestApplicationContext, LoggerService, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { parseArgs } from 'node:util';
import { FlockError } from '../../foundation/errors/flock.error.js';
import { adopt } from './adopt.command.js';
import { check } from './check.command.js';
import { CommandMode } from './command-mode.js';
import { CommandOutput } from './command-output.js';
import { EXIT, UsageError } from './flock-command.js';
import type { FlockCommand } from './flock-command.js';
import { reseal } from './reseal.command.js';
import { status } from './status.command.js';

const COMMANDS: readonly FlockCommand[] = [status, reseal, adopt, check];
/** A host's own module may leave something open; a command does not wait for it for ever. */
const LINGER_MS = 5_000;

/**
 * Runs one command for operators with the host's own modules, so that keys, providers and options
 * are those of the host: `runFlockCommand(AppModule, process.argv.slice(2))`. Starts no background
 * work and no handlers of Nest Flock. Prints to stdout, warnings and errors to stderr, sets
 * `process.exitCode` and resolves with it: 0 done, 1 failed or something is left, 2 wrong usage,
 * 130 interrupted. Never throws.
 */
export async function runFlockCommand(
  module: Type | DynamicModule,
  argv: readonly string[],
): Promise<number> {
  const code = await run(module, argv).catch(complain);
  process.exitCode = code;
  setTimeout(() => process.exit(), LINGER_MS).unref();
  return code;
}

async function run(module: Type | DynamicModule, argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === 'help' || name === '--help') {
    process.stdout.write(`${usage()}\n`);
    return name === undefined ? EXIT.usage : EXIT.done;
  }
  const command = COMMANDS.find((one) => one.name === name);
  if (command === undefined) throw new UsageError(`There is no command "${name}".`);
  const { values, positionals } = read(command, rest);
  const interrupt = new AbortController();
  const stop = () => interrupt.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const app = await start(module, command.name);
  try {
    return await command.run({
      app,
      options: values,
      arguments: positionals,
      output: new CommandOutput(values.json === true),
      signal: interrupt.signal,
    });
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await app.close();
  }
}

function read(command: FlockCommand, args: readonly string[]) {
  try {
    const parsed = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean' }, ...command.options },
      allowPositionals: command.mostArguments > 0,
    });
    if (parsed.positionals.length > command.mostArguments) throw new Error('too many arguments');
    return {
      values: parsed.values as Record<string, string | boolean | undefined>,
      positionals: parsed.positionals,
    };
  } catch (error) {
    // The first sentence says which option it is.
    const [sentence] = (error as Error).message.split('. ');
    throw new UsageError(`flock ${command.name}: ${sentence ?? ''}.`);
  }
}

/** The host's modules and the mark of a command beside them. */
function start(module: Type | DynamicModule, command: string): Promise<INestApplicationContext> {
  class Command {}
  return NestFactory.createApplicationContext(
    { module: Command, imports: [CommandMode.of(command), module] },
    { abortOnError: false, logger: new WarningsOnly() },
  );
}

function complain(error: unknown): number {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n\n${usage()}\n`);
    return EXIT.usage;
  }
  // Errors of drivers quote statements and values; ours never hold a secret.
  const known = error instanceof FlockError;
  const { name, code } = error as { name?: string; code?: unknown };
  const words = typeof code === 'string' ? code : (name ?? 'unknown error');
  process.stderr.write(`${known ? error.message : `The command failed (${words}).`}\n`);
  return EXIT.failed;
}

const usage = (): string =>
  [
    'Usage: flock <command> [options]',
    '',
    ...COMMANDS.flatMap(({ name, summary, usage: rest }) => [
      `  ${name} ${rest}`.trimEnd(),
      `      ${summary}`,
    ]),
    '',
    '  --json  one JSON object a line, with every command',
  ].join('\n');

/** Stdout is the command's own. */
class WarningsOnly implements LoggerService {
  log(): void {}

  warn(message: unknown): void {
    process.stderr.write(`${String(message)}\n`);
  }

  error(message: unknown): void {
    this.warn(message);
  }
}
