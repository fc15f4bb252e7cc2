import 'reflect-metadata';
import { Module } from '@nestjs/common';
import type { INestApplication, LoggerService, ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ConnectionService, FlockModule, TokenService } from '@nest-flock/core';
import type { Connection, FlockOptions } from '@nest-flock/core';
import { FlexPayApi, FlexPayModule, FlexPayService } from '@nest-flock/flex-pay';
import { Sandbox } from '@nest-flock/sandbox';
import type { SandboxOptions } from '@nest-flock/sandbox';
import { freePort, QUICK } from '../../support/host.js';
import type { TestDatabase } from '../../support/databases.js';

/** What `FlexPayModule.forRoot` takes. */
export type FlexPayGiven = Parameters<typeof FlexPayModule.forRoot>[0];

export interface FlexPaySettings {
  readonly sandbox?: SandboxOptions['flexPay'];
  /** Options of the module; the sandbox is there by then. */
  readonly options?: (sandbox: Sandbox) => FlexPayGiven;
  readonly flock?: FlockOptions;
  readonly logger?: LoggerService;
  readonly controllers?: ModuleMetadata['controllers'];
}

/** A host with Flex Pay alone, its sandbox and its database. */
export interface FlexPaySuite {
  readonly sandbox: Sandbox;
  readonly database: TestDatabase;
  readonly app: INestApplication;
  readonly url: string;
  readonly tokens: TokenService;
  readonly connections: ConnectionService;
  readonly api: FlexPayApi;
  readonly flexPay: FlexPayService;
  /** The account `default` of pre-production. */
  connection(): Promise<Connection>;
  /** Issues a credential in the sandbox and registers it. */
  register(account: string, environment?: 'pre-production' | 'production'): Promise<Connection>;
  row(id: string): Promise<Record<string, unknown>>;
  stop(): Promise<void>;
}

/** Points an app at the sandbox, with the credential that is there from the start. */
export const withDefault = ({ flexPay }: Sandbox): NonNullable<FlexPayGiven> => ({
  clientId: flexPay.client().clientId,
  clientSecret: flexPay.client().clientSecret,
  ...at(flexPay),
});

/** Points an app at the sandbox, without any credential. */
export const at = (flexPay: Sandbox['flexPay']): NonNullable<FlexPayGiven> => ({
  preProductionUrl: flexPay.preProductionUrl,
  productionUrl: flexPay.productionUrl,
});

export async function startFlexPay(
  open: () => Promise<TestDatabase>,
  settings: FlexPaySettings = {},
): Promise<FlexPaySuite> {
  const database = await open();
  const sandbox = await Sandbox.start({ providers: ['flex-pay'], flexPay: settings.sandbox });
  const app = await NestFactory.create(hostModule(sandbox, database, settings), {
    abortOnError: false,
    logger: settings.logger ?? false,
  });
  const port = await freePort();
  await app.listen(port, '127.0.0.1');
  const connections = app.get(ConnectionService);
  return {
    sandbox,
    database,
    app,
    url: `http://localhost:${port}`,
    tokens: app.get(TokenService),
    connections,
    api: app.get(FlexPayApi),
    flexPay: app.get(FlexPayService),
    connection: () =>
      connections.get({ provider: 'flex-pay', environment: 'pre-production', account: 'default' }),
    register: (account, environment = 'pre-production') => {
      const client = sandbox.flexPay.addClient({ merchant: account, environment });
      const { clientId, clientSecret } = client;
      return connections.register({
        provider: 'flex-pay',
        environment,
        account,
        clientId,
        clientSecret,
        owner: `tenant-${account}`,
      });
    },
    row: async (id) => {
      const [row] = await database.sql('SELECT * FROM flock_connection WHERE id = ?', [id]);
      return row as Record<string, unknown>;
    },
    stop: async () => {
      await app.close();
      await sandbox.stop();
      await database.drop();
    },
  };
}

function hostModule(sandbox: Sandbox, database: TestDatabase, settings: FlexPaySettings) {
  @Module({
    imports: [
      FlockModule.forRoot({
        databaseUrl: database.url,
        dataDir: database.directory,
        ...settings.flock,
        renewal: { ...QUICK, ...settings.flock?.renewal },
      }),
      FlexPayModule.forRoot((settings.options ?? withDefault)(sandbox)),
    ],
    controllers: settings.controllers ?? [],
  })
  class FlexPayHost {}
  return FlexPayHost;
}
