import 'reflect-metadata';
import type { INestApplication, LoggerService, ModuleMetadata, Type } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ConnectionService, FlockModule } from '@nest-flock/core';
import type { RenewalPolicy } from '@nest-flock/core';
import { FlinksPayModule, FlinksPayService } from '@nest-flock/flinks-pay';
import { Sandbox } from '@nest-flock/sandbox';
import type { SandboxOptions } from '@nest-flock/sandbox';
import type { TestDatabase } from '../../support/databases.js';
import { NoisyLogger } from '../../support/noisy-logger.js';

type ModuleOptions = NonNullable<Parameters<typeof FlinksPayModule.forRoot>[0]>;

export interface FlinksPaySuite {
  readonly sandbox: Sandbox;
  readonly database: TestDatabase;
  readonly app: INestApplication;
  readonly url: string;
  readonly service: FlinksPayService;
  readonly connections: ConnectionService;
  readonly logger: NoisyLogger;
  /** What the options say of the default customer. */
  readonly credential: { baseUrl: string; username: string; password: string };
  /** Session starts that reached the sandbox, whatever became of them. */
  starts(): number;
  /** Everything in the store, as text. */
  dump(): Promise<string>;
  stop(): Promise<void>;
}

export interface FlinksPaySuiteSettings {
  readonly sandbox?: SandboxOptions['flinksPay'];
  /** Registrations of the module; default one with the default customer's credential. */
  readonly modules?: (sandbox: Sandbox) => readonly ModuleOptions[];
  readonly controllers?: ModuleMetadata['controllers'];
  readonly renewal?: Partial<RenewalPolicy>;
}

/** A host with FlinksPay alone, a sandbox and a database. */
export async function startFlinksPay(
  open: () => Promise<TestDatabase>,
  settings: FlinksPaySuiteSettings = {},
): Promise<FlinksPaySuite> {
  const database = await open();
  const sandbox = await Sandbox.start({ flinksPay: settings.sandbox ?? {} });
  const logger = new NoisyLogger();
  const { url: baseUrl, customer } = sandbox.flinksPay;
  const credential = { baseUrl, username: customer.username, password: customer.password };

  @Module({
    imports: [
      FlockModule.forRoot({
        databaseUrl: database.url,
        dataDir: database.directory,
        renewal: { probeIntervalMs: 300, ...settings.renewal },
      }),
      ...(settings.modules?.(sandbox) ?? [credential]).map((one) => FlinksPayModule.forRoot(one)),
    ],
    controllers: settings.controllers ?? [],
  })
  class TestHost {}

  const app = await listening(TestHost, logger).catch(async (error: unknown) => {
    await sandbox.stop();
    await database.drop();
    throw error;
  });
  return {
    sandbox,
    database,
    app,
    url: await app.getUrl(),
    service: app.get(FlinksPayService, { strict: false }),
    connections: app.get(ConnectionService),
    logger,
    credential,
    starts: () =>
      sandbox.flinksPay.apiCalls.filter(
        ({ method, path }) => method === 'POST' && /\/sessions(\/initiate)?$/.test(path),
      ).length,
    dump: () => dump(database),
    stop: async () => {
      await app.close();
      await sandbox.stop();
      await database.drop();
    },
  };
}

async function listening(host: Type, logger: LoggerService): Promise<INestApplication> {
  const app = await NestFactory.create(host, { logger, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  return app;
}

async function dump(database: TestDatabase): Promise<string> {
  const names = await database.sql(
    database.name === 'sqlite'
      ? "SELECT name FROM sqlite_master WHERE type = 'table'"
      : "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'",
  );
  const tables = names.map(({ name }) => String(name)).filter((name) => name.startsWith('flock_'));
  const rows: unknown[] = [];
  for (const name of tables) rows.push(await database.sql(`SELECT * FROM ${name}`));
  // Binary columns are sealed; as text they would hide nothing that was written in clear.
  return JSON.stringify([tables, rows], (_key, value: unknown) => asText(value));
}

function asText(value: unknown): unknown {
  const bytes = value as { type?: unknown; data?: unknown };
  const isBuffer = bytes !== null && typeof value === 'object' && bytes.type === 'Buffer';
  return isBuffer ? Buffer.from(bytes.data as number[]).toString('latin1') : value;
}
