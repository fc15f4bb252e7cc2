import type { ModuleMetadata, LoggerService } from '@nestjs/common';
import type { ConnectionRef, FlockOptions } from '@nest-flock/core';
import { ConnectionService, TokenService } from '@nest-flock/core';
import { FluteApi, FluteModule } from '@nest-flock/flute';
import { Sandbox } from '@nest-flock/sandbox';
import type { SandboxOptions } from '@nest-flock/sandbox';
import type { TestDatabase } from '../../support/databases.js';
import { startHost } from '../../support/host.js';
import type { Host } from '../../support/host.js';

export type FluteModuleOptions = NonNullable<Parameters<typeof FluteModule.forRoot>[0]>;

/** A host with Flute, on an emulated Flute. */
export interface FluteWorld {
  readonly sandbox: Sandbox;
  readonly flute: Sandbox['flute'];
  readonly database: TestDatabase;
  readonly host: Host;
  readonly tokens: TokenService;
  readonly connections: ConnectionService;
  readonly api: FluteApi;
  /** Grant types of the token calls so far. */
  readonly grants: () => (string | undefined)[];
  /** As a caller does who got a 401. */
  readonly renew: (ref: ConnectionRef) => Promise<string>;
  readonly stop: () => Promise<void>;
}

export interface FluteWorldSettings {
  readonly sandbox?: SandboxOptions['flute'];
  /** Options of each module; default: the emulated Flute's key, for both environments. */
  readonly modules?: (flute: Sandbox['flute']) => FluteModuleOptions[];
  readonly controllers?: ModuleMetadata['controllers'];
  readonly logger?: LoggerService;
  readonly renewal?: FlockOptions['renewal'];
}

export const at = (environment: 'sandbox' | 'production', account = 'default') => ({
  provider: 'flute',
  environment,
  account,
});

export const sharedKey = ({ key }: Sandbox['flute']) => ({
  clientId: key.client_id,
  clientSecret: key.client_secret,
});

export async function startFlute(
  open: () => Promise<TestDatabase>,
  settings: FluteWorldSettings = {},
): Promise<FluteWorld> {
  const sandbox = await Sandbox.start({ flute: settings.sandbox ?? {} });
  const { flute } = sandbox;
  const database = await open();
  const hosts = {
    sandboxTokenUrl: flute.tokenUrl('sandbox'),
    sandboxApiUrl: flute.apiUrl('sandbox'),
    productionTokenUrl: flute.tokenUrl('production'),
    productionApiUrl: flute.apiUrl('production'),
  };
  const modules = settings.modules?.(flute) ?? [sharedKey(flute)];
  const end = async () => {
    await sandbox.stop();
    await database.drop();
  };
  const host = await startHost({
    sandbox,
    database,
    imports: modules.map((options) => FluteModule.forRoot({ ...hosts, ...options })),
    ...(settings.controllers !== undefined && { controllers: settings.controllers }),
    ...(settings.logger !== undefined && { logger: settings.logger }),
    ...(settings.renewal !== undefined && { flock: { renewal: settings.renewal } }),
  }).catch(async (error: unknown) => {
    await end();
    throw error;
  });
  const tokens = host.app.get(TokenService);
  return {
    sandbox,
    flute,
    database,
    host,
    tokens,
    connections: host.app.get(ConnectionService),
    api: host.app.get(FluteApi),
    grants: () => flute.tokenCalls.map(({ grant_type }) => grant_type),
    renew: async (ref) =>
      tokens.getAccessToken(ref, { rejected: await tokens.getAccessToken(ref) }),
    stop: async () => {
      await host.close();
      await end();
    },
  };
}
