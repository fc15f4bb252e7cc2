import 'reflect-metadata';
import type { INestApplication, LoggerService, ModuleMetadata } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FlockOptions, RenewalPolicy } from '@nest-flock/core';
import { FlockModule } from '@nest-flock/core';
import type { TestDatabase } from './databases.js';

export const ADAPTERS = ['express', 'fastify'] as const;
export type Adapter = (typeof ADAPTERS)[number];

/**
 * Short times, so that no test has to wait; the protocol is the same. Only a provider's silence takes
 * as long as in earnest: a pause of a busy machine is not one. Tests of silence set their own.
 */
export const QUICK: Partial<RenewalPolicy> = {
  httpTimeoutMs: 8_000,
  storeBudgetMs: 2_000,
  rescueGraceMs: 300,
  waitMs: 20_000,
  minIntervalMs: 0,
  backoffBaseMs: 40,
  backoffCapMs: 200,
  probeIntervalMs: 300,
  concurrency: 16,
};

/** For many callers at once: the load of the test itself must not look like a silent provider. */
export const PATIENT: Partial<RenewalPolicy> = {
  httpTimeoutMs: 20_000,
  storeBudgetMs: 20_000,
  waitMs: 25_000,
};

export interface AppSettings {
  /** 0 for any. */
  readonly port: number;
  readonly database: TestDatabase;
  readonly adapter?: Adapter;
  readonly flock?: FlockOptions;
  /** Times that are the product's own, and not short ones; `all` for every one. */
  readonly defaults?: 'all' | readonly (keyof RenewalPolicy)[];
  readonly imports?: ModuleMetadata['imports'];
  readonly controllers?: ModuleMetadata['controllers'];
  readonly providers?: ModuleMetadata['providers'];
  readonly logger?: LoggerService;
  /** Called before the app listens: prefixes, pipes, guards. */
  readonly configure?: (app: INestApplication) => void;
  /** Default true. */
  readonly rawBody?: boolean;
  readonly https?: { readonly key: string; readonly cert: string };
}

const quickBut = (names: 'all' | readonly string[]): Partial<RenewalPolicy> =>
  Object.fromEntries(
    Object.entries(QUICK).filter(([name]) => names !== 'all' && !names.includes(name)),
  );

/** A listening host of the given modules, with short times. */
export async function startApp(settings: AppSettings): Promise<INestApplication> {
  @Module({
    imports: [
      FlockModule.forRoot({
        databaseUrl: settings.database.url,
        dataDir: settings.database.directory,
        installsPerMinute: 100_000,
        ...settings.flock,
        renewal: { ...quickBut(settings.defaults ?? []), ...settings.flock?.renewal },
      }),
      ...(settings.imports ?? []),
    ],
    controllers: settings.controllers ?? [],
    providers: settings.providers ?? [],
  })
  class TestHost {}

  const options = {
    rawBody: settings.rawBody ?? true,
    abortOnError: false,
    logger: settings.logger ?? (false as const),
    ...(settings.https !== undefined && { httpsOptions: settings.https }),
  };
  const app =
    settings.adapter === 'fastify'
      ? await NestFactory.create(
          TestHost,
          new FastifyAdapter(settings.https === undefined ? {} : { https: settings.https }),
          options,
        )
      : await NestFactory.create(TestHost, options);
  settings.configure?.(app);
  await app.listen(settings.port, '127.0.0.1');
  return app;
}
