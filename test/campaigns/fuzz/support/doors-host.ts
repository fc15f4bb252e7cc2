import { Controller, Get, Injectable, Post, UseGuards } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import { CurrentConnection, OnConnection, OnWebhook } from '@nest-flock/core';
import type { Connection, Delivery } from '@nest-flock/core';
import { FlexPayModule } from '@nest-flock/flex-pay';
import { FlinksPayModule } from '@nest-flock/flinks-pay';
import { FlintGuard, FlintModule } from '@nest-flock/flint';
import { FluteModule } from '@nest-flock/flute';
import { FyndGuard, FyndModule, FyndProxyGuard } from '@nest-flock/fynd';
import { databaseOptions, freePort } from '../../../webhook/support/ports.js';
import { whsec } from '../../../webhook/support/signers.js';
import type { TestDatabase } from '../../../support/databases.js';
import { NoisyLogger } from '../../../support/noisy-logger.js';
import { startApp } from '../../../support/start-app.js';
import type { Adapter } from '../../../support/start-app.js';
import { HarborModule } from '../../../providers/sixth/harbor.js';
import { Canaries } from './canaries.js';
import { RawHttp } from './raw-http.js';
import { answerJson, startStubProvider } from './stub-provider.js';

@Controller('guarded')
class GuardedController {
  @Get('flint/:connectionId')
  @UseGuards(FlintGuard)
  flint(@CurrentConnection() { id }: Connection): { id: string } {
    return { id };
  }

  @Post('flint')
  @UseGuards(FlintGuard)
  write(@CurrentConnection() { id }: Connection): { id: string } {
    return { id };
  }

  @Get('fynd/:company_id')
  @UseGuards(FyndGuard)
  fynd(@CurrentConnection() { id }: Connection): { id: string } {
    return { id };
  }

  @Post('proxy/:one')
  @UseGuards(FyndProxyGuard)
  proxy(): object {
    return {};
  }
}

/** Hears of everything, and looks at what it hears. */
@Injectable()
class Hearing {
  heard = 0;

  @OnWebhook('flint')
  flint(delivery: Delivery): void {
    this.hear(delivery);
  }

  @OnWebhook('flute')
  flute(delivery: Delivery): void {
    this.hear(delivery);
  }

  @OnWebhook('fynd')
  fynd(delivery: Delivery): void {
    this.hear(delivery);
  }

  @OnWebhook('flinks-pay')
  flinksPay(delivery: Delivery): void {
    this.hear(delivery);
  }

  @OnConnection('*')
  connection(delivery: Delivery): void {
    this.hear(delivery);
  }

  private hear({ occurredAt, receivedAt, payload }: Delivery): void {
    occurredAt?.toISOString();
    receivedAt.toISOString();
    if (typeof payload !== 'object') throw new TypeError('no payload');
    this.heard += 1;
  }
}

export const SECRETS = {
  flint: whsec('fuzz'),
  flute: 'canary-flute-webhook-secret',
  fynd: 'canary-fynd-api-secret',
  flinksPay: 'canary-flinks-pay-webhook-secret',
} as const;

export interface DoorsHost {
  readonly app: INestApplication;
  readonly url: string;
  readonly http: RawHttp;
  readonly logger: NoisyLogger;
  readonly canaries: Canaries;
  /** Handlers of the host that ran. */
  heard(): number;
  stop(): Promise<void>;
}

/** A host of all providers and a sixth, whose token endpoints grant whatever they are asked for. */
export async function startDoorsHost(database: TestDatabase, adapter: Adapter): Promise<DoorsHost> {
  const canaries = new Canaries();
  for (const [name, secret] of Object.entries(SECRETS)) canaries.plant(`${name} secret`, secret);
  const key = canaries.plant('encryption key', Buffer.alloc(32, 'canary-key').toString('base64'));
  let grants = 0;
  const stub = await startStubProvider((_request, _body, response) => {
    grants += 1;
    answerJson(response, {
      access_token: canaries.plant('access token', 'canary-access-token'),
      refresh_token: canaries.plant('refresh token', 'canary-refresh-token'),
      token_type: 'Bearer',
      expires_in: 3_600,
      environment_grant_id: `grant_${grants % 20}`,
      merchant_id: `mer_${grants % 20}`,
      partner_app_install_id: `install_${grants % 20}`,
      current_user: { _id: 'user' },
    });
  });
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const logger = new NoisyLogger();
  const secret = (name: string) => canaries.plant(name, `canary-${name.replaceAll(' ', '-')}`);
  const app = await startApp({
    port,
    database,
    adapter,
    logger,
    flock: {
      ...databaseOptions,
      installsPerMinute: 1_000_000,
      encryptionKeys: `k1:${key}`,
      deliveries: { ...databaseOptions.deliveries, maxAttempts: 3 },
    },
    controllers: [GuardedController],
    providers: [Hearing],
    imports: [
      FlintModule.forRoot({
        clientId: 'fpc_x',
        clientSecret: secret('flint client secret'),
        baseUrl: stub.url,
        redirectUri: `${url}/flint/oauth/callback`,
        webhookSecrets: [SECRETS.flint],
        legacySignatures: true,
      }),
      FyndModule.forRoot({
        clientId: 'fynd-key',
        clientSecret: SECRETS.fynd,
        baseUrl: stub.url,
        extensionUrl: url,
        scopes: ['company/saleschannel'],
      }),
      HarborModule.forRoot({
        clientId: 'harbor-x',
        clientSecret: secret('harbor client secret'),
        redirectUri: `${url}/harbor/oauth/callback`,
        issuer: stub.url,
      }),
      FluteModule.forRoot({
        clientId: 'x',
        clientSecret: secret('flute client secret'),
        environments: ['sandbox'],
        webhookSecrets: [SECRETS.flute],
      }),
      FlinksPayModule.forRoot({
        baseUrl: 'https://flinks.example',
        username: 'x',
        password: secret('flinks-pay password'),
        webhookSecrets: [SECRETS.flinksPay],
        customers: [
          {
            account: 'acme',
            baseUrl: 'https://acme.example',
            username: 'x',
            password: secret('password of acme'),
            webhookSecrets: [SECRETS.flinksPay],
          },
        ],
      }),
      FlexPayModule.forRoot({ clientId: 'x', clientSecret: secret('flex-pay client secret') }),
    ],
  });
  const http = new RawHttp(port);
  return {
    app,
    url,
    http,
    logger,
    canaries,
    heard: () => app.get(Hearing).heard,
    stop: async () => {
      http.close();
      await app.close();
      await stub.stop();
      await database.drop();
    },
  };
}
