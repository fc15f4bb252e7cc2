import { variable } from '@nest-flock/core/provider';
import { readOptions } from '@nest-flock/core/fleet';
import type { OptionsOf, Variable } from '@nest-flock/core/provider';
import type { ConfigurationProblem, Environment, ReadOptions } from '@nest-flock/core/fleet';
import type { Redis, RedisOptions } from 'ioredis';

const isRedisUrl = (value: unknown): value is string =>
  typeof value === 'string' && /^rediss?:\/\/[^/]/.test(value) && URL.canParse(value);

/** May hold a password, so it is never shown. */
const url: Variable<string | undefined> = {
  env: 'URL',
  expected: 'redis://<host>:<port>, or rediss:// for TLS',
  required: false,
  parse: (text) => (isRedisUrl(text) ? text : undefined),
  check: (value) => (isRedisUrl(value) ? value : undefined),
};

const readPrefix = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[\w.-]{1,64}$/.test(value) ? value : undefined;

const prefix: Variable<string | undefined> = {
  env: 'PREFIX',
  expected: 'letters, digits, "_", "." and "-", at most 64',
  required: false,
  parse: readPrefix,
  check: readPrefix,
};

/** The variables of this library, all with the prefix `FLOCK_REDIS_`. */
export const FLOCK_REDIS_VARIABLES = {
  url,
  /**
   * Before all keys and channels: what two deployments on one Redis must not share. Default `flock`,
   * and with a deployment id `flock-<id>`.
   */
  prefix,
  /** `false`: deliveries are handled straight from the store, without BullMQ. */
  queue: variable.flag({ env: 'QUEUE', default: true }),
  /** Deliveries that the workers of this process handle at once; default `deliveries.concurrency`. */
  concurrency: variable.optionalNumber({ env: 'CONCURRENCY', min: 1, max: 1_000 }),
};

/** Makes one connection. The options given are ours and must be kept; add what reaches your Redis. */
export type RedisFactory = (options: RedisOptions) => Redis;

/** Options of `FlockRedisModule`; those of {@link FLOCK_REDIS_VARIABLES} may come from the environment. */
export interface FlockRedisOptions extends Partial<OptionsOf<typeof FLOCK_REDIS_VARIABLES>> {
  /** Options of ioredis, beside a URL (TLS) or in its place; or a function that makes a connection (Sentinel). */
  readonly connection?: RedisOptions | RedisFactory;
}

export type ResolvedFlockRedisOptions = OptionsOf<typeof FLOCK_REDIS_VARIABLES> &
  Pick<FlockRedisOptions, 'connection'>;

export function readFlockRedisOptions(
  given: FlockRedisOptions,
  environment: Environment,
): { options: ResolvedFlockRedisOptions; problems: ConfigurationProblem[] } {
  const { connection, ...code } = given;
  const { options, problems }: ReadOptions<typeof FLOCK_REDIS_VARIABLES> = readOptions(
    FLOCK_REDIS_VARIABLES,
    'FLOCK_REDIS_',
    code,
    environment,
  );
  const complained = problems.some(({ variable: name }) => name === 'FLOCK_REDIS_URL');
  if (options.url === undefined && connection === undefined && !complained) {
    problems.push({ variable: 'FLOCK_REDIS_URL', message: `missing; expected ${url.expected}` });
  }
  if (connection !== undefined && typeof connection !== 'function' && connection.keyPrefix) {
    problems.push({
      variable: 'option "connection"',
      message: '"keyPrefix" is not usable: BullMQ forbids it; expected the option "prefix" instead',
    });
  }
  return { options: { ...options, ...(connection !== undefined && { connection }) }, problems };
}
