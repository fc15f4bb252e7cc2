import type { Provider } from '@nestjs/common';
import { join } from 'node:path';
import { CONNECTION_OPTIONS } from '../connection/connection-status.service.js';
import type { ConnectionOptions } from '../connection/connection-status.service.js';
import { DEPLOYMENT_OPTIONS } from '../foundation/deployment/deployment.options.js';
import type { DeploymentOptions } from '../foundation/deployment/deployment.options.js';
import { FOUNDATION_OPTIONS } from '../foundation/foundation.options.js';
import type { FoundationOptions } from '../foundation/foundation.options.js';
import { SEALING_OPTIONS } from '../foundation/sealing/key-source.js';
import type { SealingOptions } from '../foundation/sealing/key-source.js';
import { DEFAULT_DELIVERY_POLICY, DELIVERY_POLICY } from '../inbox/delivery-policy.js';
import type { DeliveryPolicy } from '../inbox/delivery-policy.js';
import { INSTALL_OPTIONS } from '../install/install.service.js';
import type { InstallOptions } from '../install/install.service.js';
import { DEFAULT_RENEWAL_POLICY, RENEWAL_POLICY } from '../token/endpoint/renewal-policy.js';
import type { RenewalPolicy } from '../token/endpoint/renewal-policy.js';
import { TOKEN_OPTIONS } from '../token/token.wing.js';
import type { TokenOptions } from '../token/token.wing.js';
import { FLOCK_OPTIONS } from './flock.options.js';
import type { ReadFlockOptions, ResolvedFlockOptions } from './flock.options.js';

const slice = <T>(provide: symbol, read: (options: ResolvedFlockOptions) => T): Provider => ({
  provide,
  inject: [FLOCK_OPTIONS],
  useFactory: ({ options }: ReadFlockOptions) => read(options),
});

/** Each wing is given what it needs of the options, and no more. */
export const OPTION_SLICES: readonly Provider[] = [
  slice<SealingOptions>(SEALING_OPTIONS, ({ keyProvider, encryptionKeys, dataDir }) => ({
    keyProvider,
    encryptionKeys,
    dataDir,
  })),
  slice<FoundationOptions>(
    FOUNDATION_OPTIONS,
    ({ databaseUrl: url, sqliteDriver, databasePoolSize: poolSize, migrations }) => ({
      database: { url, sqliteDriver, poolSize },
      migrations,
    }),
  ),
  slice<TokenOptions>(TOKEN_OPTIONS, ({ rescueDir, dataDir }) => ({
    rescueDir: rescueDir ?? join(dataDir, 'rescue'),
  })),
  slice<DeploymentOptions>(DEPLOYMENT_OPTIONS, ({ deploymentId }) => ({ deploymentId })),
  slice<DeliveryPolicy>(DELIVERY_POLICY, ({ deliveries }) => ({
    ...DEFAULT_DELIVERY_POLICY,
    ...deliveries,
  })),
  slice<RenewalPolicy>(RENEWAL_POLICY, ({ renew, renewal }) => ({
    ...DEFAULT_RENEWAL_POLICY,
    renew,
    ...renewal,
  })),
  {
    provide: CONNECTION_OPTIONS,
    inject: [RENEWAL_POLICY],
    useFactory: ({ maxBlindMs }: RenewalPolicy): ConnectionOptions => ({ maxBlindMs }),
  },
  slice<InstallOptions>(INSTALL_OPTIONS, ({ installsPerMinute }) => ({ installsPerMinute })),
];
