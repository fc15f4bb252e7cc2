import 'reflect-metadata';
import type { INestApplication, LoggerService, ModuleMetadata } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FlockOptions, InstallHooks, RefreshPolicy } from '@nest-flock/core';
import { FlockModule } from '@nest-flock/core';
import { FlintModule } from '@nest-flock/flint';
import type { Sandbox } from '@nest-flock/sandbox';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Browser } from './browser.js';
import type { TestDatabase } from './databases.js';

export const ADAPTERS = ['express', 'fastify'] as const;
export type Adapter = (typeof ADAPTERS)[number];

/** Short times, so that no test has to wait; the protocol is the same. */
export const QUICK: Partial<RefreshPolicy> = {
  httpTimeoutMs: 2_000,
  storeBudgetMs: 2_000,
  rescueGraceMs: 300,
  waitMs: 8_000,
  minIntervalMs: 0,
  backoffBaseMs: 40,
  backoffCapMs: 200,
  probeIntervalMs: 300,
};

/** For many callers at once: the load of the test itself must not look like a silent provider. */
export const PATIENT: Partial<RefreshPolicy> = {
  httpTimeoutMs: 20_000,
  storeBudgetMs: 20_000,
  waitMs: 25_000,
};

export interface HostSettings {
  readonly sandbox: Sandbox;
  readonly database: TestDatabase;
  readonly adapter?: Adapter;
  readonly flock?: FlockOptions;
  readonly hooks?: InstallHooks;
  readonly flint?: Record<string, unknown>;
  readonly imports?: ModuleMetadata['imports'];
  readonly controllers?: ModuleMetadata['controllers'];
  readonly providers?: ModuleMetadata['providers'];
  readonly logger?: LoggerService;
  /** Called before the app listens: prefixes, pipes, guards. */
  readonly configure?: (app: INestApplication) => void;
  /** Path of the callback, when a prefix moves it. */
  readonly callbackPath?: string;
}

export interface Host {
  readonly app: INestApplication;
  readonly url: string;
  browser(): Browser;
  /** The whole install in a fresh or given browser; returns the last page and the browser. */
  install(options?: {
    browser?: Browser;
    mode?: 'test' | 'live';
    merchant?: string;
    query?: string;
    permissions?: string[];
  }): Promise<{ browser: Browser; callback: string; page: Awaited<ReturnType<Browser['open']>> }>;
  close(): Promise<void>;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

export async function startHost(settings: HostSettings): Promise<Host> {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const redirectUri = `${url}${settings.callbackPath ?? '/flint/oauth/callback'}`;
  settings.sandbox.flint.addRedirectUri(redirectUri);

  @Module({
    imports: [
      FlockModule.forRoot({
        databaseUrl: settings.database.url,
        dataDir: settings.database.directory,
        installsPerMinute: 100_000,
        ...settings.flock,
        refresh: { ...QUICK, ...settings.flock?.refresh },
      }),
      FlintModule.forRoot({
        clientId: settings.sandbox.flint.app.client_id,
        clientSecret: settings.sandbox.flint.app.client_secret,
        baseUrl: settings.sandbox.flint.url,
        redirectUri,
        ...(settings.hooks !== undefined && { hooks: settings.hooks }),
        ...settings.flint,
      }),
      ...(settings.imports ?? []),
    ],
    controllers: settings.controllers ?? [],
    providers: settings.providers ?? [],
  })
  class TestHost {}

  const options = { rawBody: true, abortOnError: false, logger: settings.logger ?? false } as const;
  const app =
    settings.adapter === 'fastify'
      ? await NestFactory.create(TestHost, new FastifyAdapter(), options)
      : await NestFactory.create(TestHost, options);
  settings.configure?.(app);
  await app.listen(port, '127.0.0.1');
  const browser = () => new Browser(url);
  return {
    app,
    url,
    browser,
    close: () => app.close(),
    install: async (choice = {}) => {
      const used = choice.browser ?? browser();
      const query = choice.query ?? `mode=${choice.mode ?? 'test'}`;
      const prefix = new URL(redirectUri).pathname.replace(/\/oauth\/callback$/, '');
      const start = await used.open(`${prefix}/install?${query}`);
      if (start.location === undefined) return { browser: used, callback: '', page: start };
      const callback = settings.sandbox.flint.approve(start.location, {
        ...(choice.merchant !== undefined && { merchant_id: choice.merchant }),
        ...(choice.permissions !== undefined && { permission_ids: choice.permissions }),
      });
      return { browser: used, callback, page: await used.open(callback) };
    },
  };
}
