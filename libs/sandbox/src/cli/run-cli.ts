import { Sandbox } from '../sandbox.js';
import { SandboxError } from '../sandbox-error.js';
import { SANDBOX_PROVIDERS, type SandboxOptions } from '../sandbox.options.js';
import { readArguments, USAGE, type CliArguments } from './arguments.js';
import { sandboxVariables } from './variables.js';

/** Runs the command until a signal ends it; resolves to the exit code. */
export async function runCli(argv: readonly string[]): Promise<number> {
  let wanted: CliArguments;
  try {
    wanted = readArguments(argv);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n\n${USAGE}`);
    return 2;
  }
  if (wanted.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  try {
    const stopped = nextSignal();
    const sandbox = await Sandbox.start(wanted.options);
    const print = wanted.json ? asJson : asText;
    process.stdout.write(print(sandbox, wanted.options));
    await stopped;
    await sandbox.stop();
    return 0;
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

function nextSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}

/** One line; `env` holds the variables of every provider that is emulated. */
function asJson(sandbox: Sandbox, options: SandboxOptions): string {
  return `${JSON.stringify({ url: sandbox.url, env: variablesOf(sandbox, options) })}\n`;
}

function asText(sandbox: Sandbox, options: SandboxOptions): string {
  const lines = Object.entries(variablesOf(sandbox, options)).map(
    ([name, value]) => `${name}=${value}`,
  );
  const uris = sandbox.flint.app.redirect_uris.map((uri) => `  ${uri}`);
  return `The sandbox listens at ${sandbox.url}

${lines.join('\n')}

Redirect URIs of Flint:
${uris.join('\n')}

Stop it with Ctrl+C.
`;
}

function variablesOf(sandbox: Sandbox, { providers = SANDBOX_PROVIDERS }: SandboxOptions) {
  const prefixes = providers.map((name) => `${name.replace('-', '_').toUpperCase()}_`);
  return Object.fromEntries(
    Object.entries(sandboxVariables(sandbox)).filter(([name]) =>
      prefixes.some((prefix) => name.startsWith(prefix)),
    ),
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
