// A host app with all five providers on the built packages, for tables of a million connections.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FlockModule } from '@nest-flock/core';
import { FlexPayModule } from '@nest-flock/flex-pay';
import { FlinksPayModule } from '@nest-flock/flinks-pay';
import { FlintModule } from '@nest-flock/flint';
import { FluteModule } from '@nest-flock/flute';
import { FyndModule } from '@nest-flock/fynd';

const NOWHERE = 'http://127.0.0.1:9';

/** `flock`: options of the module; the key lies in its `dataDir`, so that processes share it. */
export async function startScaleHost({ flock, baseUrl = NOWHERE }) {
  class Scale {}
  Module({
    imports: [
      FlockModule.forRoot(flock),
      FlintModule.forRoot({
        clientId: 'fpc_bench',
        clientSecret: 'fps_bench',
        redirectUri: 'http://localhost:3000/flint/oauth/callback',
        baseUrl,
        controllers: false,
      }),
      FyndModule.forRoot({
        clientId: 'fynd_bench',
        clientSecret: 'fynd_secret',
        extensionUrl: 'http://localhost:3000',
        baseUrl,
        scopes: ['company/orders/read'],
        controllers: false,
      }),
      FluteModule.forRoot({
        clientId: 'flute_bench',
        clientSecret: 'flute_secret',
        sandboxTokenUrl: `${baseUrl}/sandbox/oauth2/token`,
        sandboxApiUrl: `${baseUrl}/sandbox`,
        productionTokenUrl: `${baseUrl}/production/oauth2/token`,
        productionApiUrl: `${baseUrl}/production`,
      }),
      FlexPayModule.forRoot({
        preProductionUrl: `${baseUrl}/pre-production`,
        productionUrl: `${baseUrl}/production`,
      }),
      FlinksPayModule.forRoot({
        customers: [{ account: 'flinks', baseUrl, username: 'bench', password: 'bench' }],
      }),
    ],
  })(Scale);
  return NestFactory.createApplicationContext(Scale, { logger: ['error'] });
}
