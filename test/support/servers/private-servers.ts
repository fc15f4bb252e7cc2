import { findBinary } from './find-binary.js';
import { startMariaDbServer } from './mariadb-server.js';
import { startPostgresServer } from './postgres-server.js';
import type { PrivateServer } from './private-server.js';

const KNOWN: readonly [string, string, () => Promise<PrivateServer>][] = [
  ['postgres', 'postgres', startPostgresServer],
  ['mariadb', 'mariadbd', startMariaDbServer],
];

/** Servers that this machine can start. In CI all of them must be there. */
export const PRIVATE_SERVERS = KNOWN.filter(
  ([, binary]) => process.env.CI === 'true' || findBinary(binary) !== undefined,
).map(([name, , start]): [string, () => Promise<PrivateServer>] => [name, start]);
