import { Injectable } from '@nestjs/common';
import type { INestApplication, Type } from '@nestjs/common';
import { OnConnection, OnWebhook } from '@nest-flock/core';
import type { Delivery, FlockOptions } from '@nest-flock/core';
import { FlinksPayModule } from '@nest-flock/flinks-pay';
import { FlintModule } from '@nest-flock/flint';
import { FluteModule } from '@nest-flock/flute';
import { FyndModule } from '@nest-flock/fynd';
import { request } from 'undici';
import { databaseOptions, freePort } from './ports.js';
import { startApp } from '../../support/start-app.js';
import type { Adapter, AppSettings } from '../../support/start-app.js';
import type { TestDatabase } from '../../support/databases.js';
import type { Signed } from './signers.js';
import { whsec } from './signers.js';

export const SECRETS = {
  flint: whsec('flint'),
  flintOlder: whsec('flint, older'),
  flute: 'flute-webhook-secret',
  fynd: 'fynd-api-secret',
  flinksPay: 'flinks-pay-webhook-secret',
  flinksPayAcme: 'flinks-pay-secret-of-acme',
};

/** Keeps what Flint and we ourselves told it. */
@Injectable()
export class FlintHeard {
  readonly all: Delivery[] = [];

  of(type: string): Delivery[] {
    return this.all.filter((one) => one.type === type);
  }

  @OnWebhook('flint')
  flint(delivery: Delivery): void {
    this.all.push(delivery);
  }

  @OnConnection('*')
  connection(delivery: Delivery): void {
    this.all.push(delivery);
  }
}

/** Keeps what all of them told it. */
@Injectable()
export class Heard extends FlintHeard {
  @OnWebhook('flute')
  flute(delivery: Delivery): void {
    this.all.push(delivery);
  }

  @OnWebhook('fynd')
  fynd(delivery: Delivery): void {
    this.all.push(delivery);
  }

  @OnWebhook('flinks-pay')
  flinksPay(delivery: Delivery): void {
    this.all.push(delivery);
  }
}

export interface WebhookHost {
  readonly app: INestApplication;
  readonly url: string;
  readonly heard: Heard;
  /** Posts it, byte for byte. */
  post(
    path: string,
    signed: Signed,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: string; headers: Record<string, unknown> }>;
  close(): Promise<void>;
}

/** A host of four providers, none of which is called. */
export async function startWebhookHost(
  database: TestDatabase,
  settings: Partial<AppSettings> & {
    adapter?: Adapter;
    flint?: Record<string, unknown>;
    flock?: FlockOptions;
    handlers?: Type[];
  } = {},
): Promise<WebhookHost> {
  const { flint, handlers = [], ...rest } = settings;
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const app = await startApp({
    ...rest,
    port,
    database,
    flock: { ...databaseOptions, ...settings.flock },
    imports: [
      FlintModule.forRoot({
        clientId: 'fpc_x',
        clientSecret: 'fps_x',
        redirectUri: `${url}/flint/oauth/callback`,
        webhookSecrets: [SECRETS.flint, SECRETS.flintOlder],
        ...flint,
      }),
      FluteModule.forRoot({
        clientId: 'x',
        clientSecret: 'x',
        environments: ['sandbox'],
        webhookSecrets: [SECRETS.flute],
      }),
      FyndModule.forRoot({
        clientId: 'fynd-key',
        clientSecret: SECRETS.fynd,
        extensionUrl: url,
        scopes: ['company/saleschannel'],
      }),
      FlinksPayModule.forRoot({
        baseUrl: 'https://flinks.example',
        username: 'x',
        password: 'x',
        webhookSecrets: [SECRETS.flinksPay],
        customers: [
          {
            account: 'acme',
            baseUrl: 'https://acme.example',
            username: 'x',
            password: 'x',
            webhookSecrets: [SECRETS.flinksPayAcme],
          },
        ],
      }),
      ...(settings.imports ?? []),
    ],
    providers: [Heard, ...handlers, ...(settings.providers ?? [])],
  });
  return {
    app,
    url,
    heard: app.get(Heard),
    post: async (path, { body, headers }, more = {}) => {
      const answer = await request(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers, ...more },
        body,
      });
      return {
        status: answer.statusCode,
        body: await answer.body.text(),
        headers: answer.headers,
      };
    },
    close: () => app.close(),
  };
}
