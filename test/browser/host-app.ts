import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { SANDBOX_PROVIDERS } from '@nest-flock/sandbox';
import type { SandboxProvider } from '@nest-flock/sandbox';
import type { TestDatabase } from '../support/databases.js';
import { sqliteDatabase } from '../support/databases.js';
import type { Adapter } from '../support/host.js';
import { freePort } from '../support/host.js';

/** How long the host app may take to start on a busy machine. */
const START_MS = 60_000;

/** The built host app in a process of its own, with its sandbox, as `npm start` runs it. */
export class HostApp {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    /** Absent where the host was given credentials. */
    readonly sandboxUrl: string | undefined,
    readonly database: TestDatabase,
    private readonly output: readonly string[],
  ) {}

  /** `environment`: variables of providers; without any it starts its sandbox. */
  static async start(adapter: Adapter, environment: NodeJS.ProcessEnv = {}): Promise<HostApp> {
    const database = await sqliteDatabase();
    const port = await freePort();
    const url = `http://localhost:${port}`;
    const child = spawn(process.execPath, [join(process.cwd(), 'dist', 'main.js')], {
      // Away from the repository, where a developer may keep a .env.
      cwd: database.directory,
      env: {
        ...withoutSettings(process.env),
        PORT: String(port),
        HTTP_ADAPTER: adapter,
        FLOCK_DATABASE_URL: database.url,
        FLOCK_DATA_DIR: database.directory,
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output: string[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString()));
    try {
      await opened(child, url, output);
      const home = await (await fetch(url)).text();
      const link = /<a href="([^"]+)">Open the sandbox</.exec(home)?.[1];
      return new HostApp(child, url, link, database, output);
    } catch (error) {
      child.kill('SIGKILL');
      await database.drop();
      throw error;
    }
  }

  /** @throws Error with what the app said last, when its process has ended */
  assertRunning(): void {
    const { exitCode, signalCode } = this.child;
    if (exitCode === null && signalCode === null) return;
    throw new Error(`The host app ended (${exitCode ?? signalCode}):\n${this.log.slice(-4_000)}`);
  }

  /** Everything the app has written to its standard streams. */
  get log(): string {
    return this.output.join('');
  }

  /** Every secret that an emulated provider knows. */
  async secrets(): Promise<string[]> {
    if (this.sandboxUrl === undefined) return [];
    const lists = SANDBOX_PROVIDERS.map((provider) =>
      this.control<{ data: string[] }>('secrets-seen', undefined, provider),
    );
    return (await Promise.all(lists)).flatMap(({ data }) => data);
  }

  /** Calls a control route of the sandbox: a POST when there is a body. */
  async control<T>(route: string, body?: unknown, provider: SandboxProvider = 'flint'): Promise<T> {
    if (this.sandboxUrl === undefined) throw new Error('This host runs without a sandbox.');
    const response = await fetch(new URL(`/__sandbox/${provider}/${route}`, this.sandboxUrl), {
      method: body === undefined ? 'GET' : 'POST',
      ...(body !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${route}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** What a merchant does on the consent page, without following it back: the callback URL. */
  async approve(authorizeUrl: string, merchantId = 'mer_acorn'): Promise<string> {
    const { callback_url } = await this.control<{ callback_url: string }>('approve', {
      authorize_url: authorizeUrl,
      merchant_id: merchantId,
    });
    return callback_url;
  }

  /** How many authorization codes were exchanged for tokens. */
  async exchanges(): Promise<number> {
    const { data } = await this.control<{ data: { grant_type?: string }[] }>('token-calls');
    return data.filter(({ grant_type }) => grant_type === 'authorization_code').length;
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null) {
      const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.kill('SIGTERM');
      const hurry = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await exited;
      clearTimeout(hurry);
    }
    await this.database.drop();
  }
}

async function opened(child: ChildProcess, url: string, output: readonly string[]): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (!output.join('').includes(`Open ${url}`)) {
    if (child.exitCode !== null) throw new Error(`The host app ended:\n${output.join('')}`);
    if (Date.now() > deadline) throw new Error(`The host app did not start:\n${output.join('')}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name]) =>
        !/^(FLINT_|FLINKS_PAY_|FYND_|FLUTE_|FLEX_PAY_|FLOCK_(?!SQLITE_DRIVER$)|PUBLIC_URL$|LISTEN_HOST$|OPERATOR_PASSWORD$|NODE_OPTIONS$)/.test(
          name,
        ),
    ),
  );
}
