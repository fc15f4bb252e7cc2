import type { INestApplication } from '@nestjs/common';
import type { InstallHooks } from '@nest-flock/core';
import { FlintModule } from '@nest-flock/flint';
import { FlintAdministrationModule } from '@nest-flock/flint/administration';
import type { Sandbox } from '@nest-flock/sandbox';
import { freePort } from '../../libs/core/src/testing/contract/free-port.js';
import { Browser } from './browser.js';
import { startApp } from './start-app.js';
import type { AppSettings } from './start-app.js';

export { freePort };
export { ADAPTERS, PATIENT, QUICK } from './start-app.js';
export type { Adapter } from './start-app.js';

/** An app with Flint, connected to a sandbox. */
export interface HostSettings extends Omit<AppSettings, 'port'> {
  readonly sandbox: Sandbox;
  readonly hooks?: InstallHooks;
  readonly flint?: Record<string, unknown> | ((sandbox: Sandbox) => Record<string, unknown>);
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

export async function startHost(settings: HostSettings): Promise<Host> {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const redirectUri = `${url}${settings.callbackPath ?? '/flint/oauth/callback'}`;
  settings.sandbox.flint.addRedirectUri(redirectUri);

  const { sandbox, hooks, flint, callbackPath: _moved, imports = [], ...rest } = settings;
  const app = await startApp({
    ...rest,
    port,
    imports: [
      FlintModule.forRoot({
        clientId: sandbox.flint.app.client_id,
        clientSecret: sandbox.flint.app.client_secret,
        baseUrl: sandbox.flint.url,
        redirectUri,
        ...(hooks !== undefined && { hooks }),
        ...(typeof flint === 'function' ? flint(sandbox) : flint),
      }),
      FlintAdministrationModule,
      ...imports,
    ],
  });
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
