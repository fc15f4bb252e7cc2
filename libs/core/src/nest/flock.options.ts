import { readOptions } from '../foundation/configuration/read-options.js';
import type {
  ConfigurationProblem,
  Environment,
} from '../foundation/configuration/read-options.js';
import { variable } from '../foundation/configuration/variable.js';
import type { OptionsOf, Variable } from '../foundation/configuration/variable.js';
import { isDatabaseUrl } from '../foundation/database/open-dialect.js';
import type { MigrationMode } from '../foundation/database/database.js';
import {
  DEPLOYMENT_ID_EXPECTED,
  isDeploymentId,
} from '../foundation/deployment/deployment.options.js';
import type { TokenTransport } from '../foundation/http/token-transport.js';
import type { DeliveryPolicy } from '../inbox/delivery-policy.js';
import type { RenewalPolicy } from '../token/endpoint/renewal-policy.js';
import {
  ENCRYPTION_KEYS_EXPECTED,
  parseEncryptionKeys,
} from '../foundation/sealing/encryption-keys.js';
import type { EncryptionKey, KeyProvider } from '../foundation/sealing/key-ring.js';

const databaseUrl: Variable<string> = {
  env: 'DATABASE_URL',
  expected:
    'sqlite:<file>, postgres://<user>@<host>/<database> or mariadb://<user>@<host>/<database>, with special characters of a password percent-encoded',
  default: 'sqlite:.flock/flock.sqlite',
  required: false,
  parse: (text) => (isDatabaseUrl(text) ? text : undefined),
  check: (value) => (typeof value === 'string' && isDatabaseUrl(value) ? value : undefined),
};

const encryptionKeys: Variable<readonly EncryptionKey[] | undefined> = {
  env: 'ENCRYPTION_KEYS',
  expected: ENCRYPTION_KEYS_EXPECTED,
  required: false,
  parse: parseEncryptionKeys,
  check: (value) => (typeof value === 'string' ? parseEncryptionKeys(value) : undefined),
};

const readDeploymentId = (value: unknown): string | undefined =>
  typeof value === 'string' && isDeploymentId(value) ? value : undefined;

const deploymentId: Variable<string | undefined> = {
  env: 'DEPLOYMENT_ID',
  expected: DEPLOYMENT_ID_EXPECTED,
  required: false,
  parse: readDeploymentId,
  check: readDeploymentId,
};

/** The variables of the core, all with the prefix `FLOCK_`. */
export const FLOCK_VARIABLES = {
  databaseUrl,
  sqliteDriver: variable.choice({
    env: 'SQLITE_DRIVER',
    choices: ['better-sqlite3', 'libsql'],
    default: 'better-sqlite3',
  }),
  databasePoolSize: variable.number({ env: 'DATABASE_POOL', min: 1, max: 1_000, default: 10 }),
  encryptionKeys,
  /** Where the development key lies, and rescue files unless `rescueDir` says otherwise. */
  dataDir: variable.text({ env: 'DATA_DIR', expected: 'a folder', default: '.flock' }),
  rescueDir: variable.optionalText({ env: 'RESCUE_DIR', expected: 'a folder on a durable disk' }),
  /** The host's own origin, where it is not that of a redirect URI. */
  publicUrl: variable.optionalUrl({ env: 'PUBLIC_URL' }),
  /** One egress proxy for token endpoints and APIs. */
  proxy: variable.optionalUrl({ env: 'PROXY' }),
  /** Requests to the install routes that one address may make a minute, and at once. */
  installsPerMinute: variable.number({
    env: 'INSTALLS_PER_MINUTE',
    min: 1,
    max: 1_000_000,
    default: 60,
  }),
  /** Whose store it is: another deployment's, such as a copy of production's, is not spent. */
  deploymentId,
  /** `false`: this process renews only what its own callers need, and handles no deliveries. */
  background: variable.flag({ env: 'BACKGROUND', default: true }),
  /** `always` renews idle connections ahead of expiry too. */
  renew: variable.choice({ env: 'RENEW', choices: ['used', 'always'], default: 'used' }),
};

/** Options of `FlockModule`; those of {@link FLOCK_VARIABLES} may come from the environment instead. */
export interface FlockOptions extends Partial<
  Omit<OptionsOf<typeof FLOCK_VARIABLES>, 'encryptionKeys'>
> {
  /** As in `FLOCK_ENCRYPTION_KEYS`: `id:base64,…`, newest first. */
  readonly encryptionKeys?: string;
  /** Keys from a KMS or vault, in place of `encryptionKeys`. */
  readonly keyProvider?: KeyProvider;
  /** `run` (default) brings the tables up to date at start, `check` refuses to start on old ones. */
  readonly migrations?: MigrationMode;
  /** Send page requests without a connection to the install route instead of answering 401. */
  readonly redirectPages?: boolean;
  readonly renewal?: Partial<RenewalPolicy>;
  /** How webhooks are handled and kept. */
  readonly deliveries?: Partial<DeliveryPolicy>;
  /** Replaces the client that talks to token endpoints. */
  readonly tokenTransport?: TokenTransport;
}

export type ResolvedFlockOptions = OptionsOf<typeof FLOCK_VARIABLES> &
  Pick<FlockOptions, 'keyProvider' | 'renewal' | 'deliveries' | 'tokenTransport'> & {
    readonly migrations: MigrationMode;
    readonly redirectPages: boolean;
  };

export const FLOCK_OPTIONS = Symbol('nest-flock:options');

export interface ReadFlockOptions {
  readonly options: ResolvedFlockOptions;
  readonly problems: ConfigurationProblem[];
}

export function readFlockOptions(given: FlockOptions, environment: Environment): ReadFlockOptions {
  const { keyProvider, migrations, redirectPages, renewal, deliveries, tokenTransport, ...code } =
    given;
  const { options, problems } = readOptions(
    FLOCK_VARIABLES,
    'FLOCK_',
    code as Partial<OptionsOf<typeof FLOCK_VARIABLES>>,
    environment,
  );
  const hasKeys = options.encryptionKeys !== undefined || keyProvider !== undefined;
  const complained = problems.some(({ variable: name }) => name === 'FLOCK_ENCRYPTION_KEYS');
  if (environment.NODE_ENV === 'production' && !hasKeys && !complained) {
    problems.push({
      variable: 'FLOCK_ENCRYPTION_KEYS',
      message: `missing; in production tokens are never sealed with a generated key. Expected ${ENCRYPTION_KEYS_EXPECTED}; make one with: node -p "'k1:'+require('crypto').randomBytes(32).toString('base64')"`,
    });
  }
  return {
    options: {
      ...options,
      ...(keyProvider !== undefined && { keyProvider }),
      ...(renewal !== undefined && { renewal }),
      ...(deliveries !== undefined && { deliveries }),
      ...(tokenTransport !== undefined && { tokenTransport }),
      migrations: migrations ?? 'run',
      redirectPages: redirectPages ?? false,
    },
    problems,
  };
}
