import { Sandbox } from '../sandbox.js';
import { SandboxError } from '../sandbox-error.js';
import { readArguments, USAGE, type CliArguments } from './arguments.js';

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
    process.stdout.write(wanted.json ? asJson(sandbox) : asText(sandbox));
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

function asJson({ url, flint }: Sandbox): string {
  const { client_id: clientId, client_secret: clientSecret } = flint.app;
  return `${JSON.stringify({ url, flint: { url: flint.url, clientId, clientSecret } })}\n`;
}

function asText({ url, flint }: Sandbox): string {
  return `The sandbox listens at ${url}

FLINT_BASE_URL=${flint.url}
FLINT_CLIENT_ID=${flint.app.client_id}
FLINT_CLIENT_SECRET=${flint.app.client_secret}

Redirect URIs:
${flint.app.redirect_uris.map((uri) => `  ${uri}`).join('\n')}

Stop it with Ctrl+C.
`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
