import type { INestApplication } from '@nestjs/common';
import { FlintModule } from '@nest-flock/flint';
import { FlintAdministrationModule, FlintPartnerApps } from '@nest-flock/flint/administration';
import { sqliteDatabase } from '../../support/databases.js';
import { NoisyLogger } from '../../support/noisy-logger.js';
import { startApp } from '../../support/start-app.js';
import { startStub } from './stub-server.js';
import type { StubServer } from './stub-server.js';

export type FlintModuleOptions = NonNullable<Parameters<typeof FlintModule.forRoot>[0]>;

/** A host with Flint, whose Flint answers what the test says. */
export interface StubFlint {
  readonly stub: StubServer;
  readonly app: INestApplication;
  readonly partnerApps: FlintPartnerApps;
  readonly logger: NoisyLogger;
  stop(): Promise<void>;
}

export async function startStubFlint(...modules: FlintModuleOptions[]): Promise<StubFlint> {
  const stub = await startStub(() => ({ status: 501 }));
  const database = await sqliteDatabase();
  const logger = new NoisyLogger();
  const app = await startApp({
    port: 0,
    database,
    logger,
    imports: [
      ...modules.map((options) =>
        FlintModule.forRoot({
          clientId: 'fpc_test',
          clientSecret: 'fps_test',
          redirectUri: `http://localhost/${options.name ?? 'flint'}/oauth/callback`,
          controllers: false,
          baseUrl: stub.url,
          ...options,
        }),
      ),
      FlintAdministrationModule,
    ],
  });
  return {
    stub,
    app,
    partnerApps: app.get(FlintPartnerApps),
    logger,
    stop: async () => {
      await app.close();
      await stub.stop();
      await database.drop();
    },
  };
}
