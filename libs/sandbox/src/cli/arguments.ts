import { parseArgs } from 'node:util';
import { SandboxError } from '../sandbox-error.js';
import {
  SANDBOX_PROVIDERS,
  type SandboxOptions,
  type SandboxProvider,
} from '../sandbox.options.js';

export const USAGE = `Usage: nest-flock-sandbox [options]

  --port NUMBER                  port to listen on (default 4010; 0 for any)
  --host HOST                    interface to listen on (default 127.0.0.1)
  --provider NAME                provider to emulate, may be repeated (default all)
  --client-id ID                 client id of the default app (default fpc_sandbox)
  --client-secret SECRET         client secret of the default app (default random)
  --redirect-uri URL             further redirect URI of the default app, may be repeated
  --access-token-seconds NUMBER  life of access tokens (default 3600)
  --code-seconds NUMBER          life of authorization codes (default 60)
  --json                         print one line of JSON instead of text
  --help                         print this
`;

/** What the command line asks for. */
export interface CliArguments {
  readonly help: boolean;
  readonly json: boolean;
  readonly options: SandboxOptions;
}

/** Reads the command line. Throws a `SandboxError` that names what is wrong. */
export function readArguments(argv: readonly string[]): CliArguments {
  const values = parse(argv);
  const known: readonly string[] = SANDBOX_PROVIDERS;
  const unknown = values.provider?.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new SandboxError(`Unknown provider ${unknown}; known: ${known.join(', ')}.`);
  }
  return {
    help: values.help ?? false,
    json: values.json ?? false,
    options: {
      port: wholeNumber('port', values.port) ?? 4010,
      host: values.host,
      providers: values.provider as SandboxProvider[] | undefined,
      flint: {
        clientId: values['client-id'],
        clientSecret: values['client-secret'],
        redirectUris: values['redirect-uri'],
        accessTokenSeconds: wholeNumber('access-token-seconds', values['access-token-seconds']),
        codeSeconds: wholeNumber('code-seconds', values['code-seconds']),
      },
    },
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        port: { type: 'string' },
        host: { type: 'string' },
        provider: { type: 'string', multiple: true },
        'client-id': { type: 'string' },
        'client-secret': { type: 'string' },
        'redirect-uri': { type: 'string', multiple: true },
        'access-token-seconds': { type: 'string' },
        'code-seconds': { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new SandboxError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{1,9}$/.test(value))
    throw new SandboxError(`--${name} needs a whole number, not "${value}".`);
  return Number(value);
}
