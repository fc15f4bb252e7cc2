import 'reflect-metadata';
import type { INestApplication, LoggerService, ModuleMetadata } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FlockOptions } from '@nest-flock/core';
import { FlockModule } from '@nest-flock/core';
import type { TestDatabase } from './databases.js';
import { QUICK } from './host.js';
import type { Adapter } from './host.js';

export interface AppSettings {
  /** 0 for any. */
  readonly port: number;
  readonly database: TestDatabase;
  readonly adapter?: Adapter;
  readonly flock?: FlockOptions;
  readonly imports?: ModuleMetadata['imports'];
  readonly controllers?: ModuleMetadata['controllers'];
  readonly providers?: ModuleMetadata['providers'];
  readonly logger?: LoggerService;
  readonly https?: { readonly key: string; readonly cert: string };
}

/** A listening host of the given modules, with short times. */
export async function startApp(settings: AppSettings): Promise<INestApplication> {
  @Module({
    imports: [
      FlockModule.forRoot({
        databaseUrl: settings.database.url,
        dataDir: settings.database.directory,
        installsPerMinute: 100_000,
        ...settings.flock,
        refresh: { ...QUICK, ...settings.flock?.refresh },
      }),
      ...(settings.imports ?? []),
    ],
    controllers: settings.controllers ?? [],
    providers: settings.providers ?? [],
  })
  class TestHost {}

  const options = {
    rawBody: true,
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
  await app.listen(settings.port, '127.0.0.1');
  return app;
}
