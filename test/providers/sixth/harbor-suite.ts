import type { INestApplication } from '@nestjs/common';
import { AuditService, ConnectionService, TokenService } from '@nest-flock/core';
import type { Connection, FlockOptions } from '@nest-flock/core';
import { ContractBrowser } from '@nest-flock/core/testing';
import type { BrowserPage } from '@nest-flock/core/testing';
import { FaultProxy } from '../../../libs/core/src/testing/contract/fault-proxy.js';
import type { ProxiedCall } from '../../../libs/core/src/testing/contract/fault-proxy.js';
import type { TestDatabase } from '../../support/databases.js';
import { freePort } from '../../support/host.js';
import { startApp } from '../../support/start-app.js';
import { approve } from './approve.js';
import { HarborMachinesModule } from './harbor-machines.js';
import { HarborModule } from './harbor.js';
import { installedClient, machineClient, startOidcServer } from './oidc-server.js';
import type { OidcClient, OidcServer } from './oidc-server.js';

/** A host with the sixth provider; the server is behind a proxy that sees, and can break, everything. */
export interface HarborSuite {
  readonly app: INestApplication;
  readonly server: OidcServer;
  readonly proxy: FaultProxy;
  readonly client: OidcClient;
  readonly machine: OidcClient;
  readonly tokens: TokenService;
  readonly connections: ConnectionService;
  browser(): ContractBrowser;
  /** Begins an install; returns the URL of the server's page. */
  begin(browser: ContractBrowser): Promise<string>;
  /** A whole install; the page is what the callback answers. */
  install(
    login: string,
    browser?: ContractBrowser,
  ): Promise<{ callback: string; page: BrowserPage }>;
  of(person: string): Promise<Connection>;
  /** Calls of the server's routes so far. */
  calls(path: '/token' | '/token/revocation'): readonly ProxiedCall[];
  /** Reasons of what the audit trail says of an action. */
  audit(action: string): Promise<unknown[]>;
  stop(): Promise<void>;
}

export async function startHarbor(
  open: () => Promise<TestDatabase>,
  settings: { serverHosts?: string[]; flock?: FlockOptions } = {},
): Promise<HarborSuite> {
  const database = await open();
  const proxy = await FaultProxy.start();
  const client = installedClient('harbor', '/harbor/oauth/callback');
  const machine = machineClient('machine');
  const server = await startOidcServer([client, machine], proxy.url);
  proxy.target = server.url;
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const app = await startApp({
    port,
    database,
    flock: settings.flock,
    imports: [
      HarborModule.forRoot({
        clientId: client.client_id,
        clientSecret: client.client_secret,
        issuer: proxy.url,
        redirectUri: `${url}/harbor/oauth/callback`,
      }),
      HarborMachinesModule.forRoot({
        clientId: machine.client_id,
        clientSecret: machine.client_secret,
        baseUrl: proxy.url,
        serverHosts: settings.serverHosts ?? [],
      }),
    ],
  });
  const connections = app.get(ConnectionService);
  const browser = () => new ContractBrowser();
  const begin = async (used: ContractBrowser) =>
    (await used.open(`${url}/harbor/install`)).location as string;
  return {
    app,
    server,
    proxy,
    client,
    machine,
    tokens: app.get(TokenService),
    connections,
    browser,
    begin,
    install: async (login, used = browser()) => {
      const callback = await approve(used, await begin(used), login);
      return { callback, page: await used.open(callback) };
    },
    of: (person) => connections.get({ provider: 'harbor', account: person }),
    calls: (path) => proxy.calls.filter((call) => call.path === path),
    audit: async (action) =>
      (await app.get(AuditService).list({ limit: 1_000 }))
        .filter((event) => event.action === action)
        .map(({ reason, outcome }) => reason ?? outcome),
    stop: async () => {
      await app.close();
      await server.stop();
      await proxy.stop();
      await database.drop();
    },
  };
}
