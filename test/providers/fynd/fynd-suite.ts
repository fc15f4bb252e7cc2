import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import type { Connection, FlockOptions, InstallHooks } from '@nest-flock/core';
import { ConnectionService, TokenService } from '@nest-flock/core';
import { FyndModule } from '@nest-flock/fynd';
import { Sandbox } from '@nest-flock/sandbox';
import type { FyndCompany } from '@nest-flock/sandbox';
import { Browser } from '../../support/browser.js';
import type { Page } from '../../support/browser.js';
import type { TestDatabase } from '../../support/databases.js';
import { freePort } from '../../support/host.js';
import { startApp } from '../../support/start-app.js';
import type { Adapter } from '../../support/host.js';
import { FyndController } from './fynd.controller.js';

export interface FyndSuite {
  readonly sandbox: Sandbox;
  readonly app: INestApplication;
  readonly url: string;
  readonly tokens: TokenService;
  readonly connections: ConnectionService;
  browser(): Browser;
  /** The whole launch in a fresh or given browser; the last page is the redirect to the extension. */
  launch(options?: LaunchOptions): Promise<Launch>;
  row(id: string): Promise<Record<string, unknown>>;
  events(): Promise<Record<string, unknown>[]>;
  /** As an outsider. */
  readonly sql: TestDatabase['sql'];
  company(id?: string): Promise<Connection>;
  stop(): Promise<void>;
}

export interface LaunchOptions {
  readonly browser?: Browser;
  readonly company?: string;
  readonly user?: string;
  readonly query?: string;
}

export interface Launch {
  readonly browser: Browser;
  readonly callback: string;
  readonly page: Page;
}

export interface FyndSuiteSettings {
  readonly adapter?: Adapter;
  readonly hooks?: InstallHooks;
  readonly fynd?: Record<string, unknown>;
  readonly companies?: readonly FyndCompany[];
  readonly flock?: FlockOptions;
  readonly imports?: (sandbox: Sandbox, url: string) => ModuleMetadata['imports'];
  readonly controllers?: ModuleMetadata['controllers'];
}

export async function startFyndSuite(
  open: () => Promise<TestDatabase>,
  settings: FyndSuiteSettings = {},
): Promise<FyndSuite> {
  const database = await open();
  const { companies } = settings;
  const sandbox = await Sandbox.start({
    providers: ['fynd'],
    ...(companies !== undefined && { fynd: { companies } }),
  });
  const { extension } = sandbox.fynd;
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const extensionUrl = (settings.fynd?.extensionUrl as string | undefined) ?? url;
  extension.extensionUrl = extensionUrl;
  extension.redirect_uris.push(`${extensionUrl}/fp/auth`);
  const app = await startApp({
    port,
    database,
    adapter: settings.adapter,
    flock: settings.flock,
    imports: [
      FyndModule.forRoot({
        clientId: extension.client_id,
        clientSecret: extension.client_secret,
        baseUrl: sandbox.fynd.url,
        extensionUrl: url,
        scopes: [...extension.scopes],
        ...(settings.hooks !== undefined && { hooks: settings.hooks }),
        ...settings.fynd,
      }),
      ...(settings.imports?.(sandbox, url) ?? []),
    ],
    controllers: settings.controllers ?? [FyndController],
  });
  const connections = app.get(ConnectionService);
  return {
    sandbox,
    app,
    url,
    tokens: app.get(TokenService),
    connections,
    browser: () => new Browser(url),
    launch: async ({
      browser = new Browser(url),
      company = firstCompany(sandbox),
      ...more
    } = {}) => {
      const query = more.query ?? `company_id=${company}&client_id=${extension.client_id}`;
      const start = await browser.open(`/fp/install?${query}`);
      if (start.location === undefined) return { browser, callback: '', page: start };
      const callback = sandbox.fynd.approve(
        start.location,
        more.user === undefined ? {} : { user: more.user },
      );
      // The browser comes back to the host under whatever name it is registered.
      const { pathname, search } = new URL(callback);
      return { browser, callback, page: await browser.open(`${pathname}${search}`) };
    },
    row: async (id) =>
      (await database.sql('SELECT * FROM flock_connection WHERE id = ?', [id]))[0] ?? {},
    sql: (text, values) => database.sql(text, values),
    events: async () => database.sql('SELECT * FROM flock_event ORDER BY at'),
    company: (id = firstCompany(sandbox)) => connections.get({ provider: 'fynd', account: id }),
    stop: async () => {
      await app.close();
      await sandbox.stop();
      await database.drop();
    },
  };
}

export const firstCompany = (sandbox: Sandbox): string =>
  String(sandbox.fynd.companies[0]?.company_id);
