// The servers and programs that suites need, found on this machine.
import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';

const require = createRequire(import.meta.url);

const POSTGRES_URLS = [
  'postgres://root@127.0.0.1:5432/postgres',
  'postgres://postgres@127.0.0.1:5432/postgres',
];
const MARIADB_URLS = ['mariadb://root@127.0.0.1:3306/mysql'];
const REDIS_URL = 'redis://127.0.0.1:6379';
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome'];

const NEEDS = [
  {
    variable: 'TEST_POSTGRES_URL',
    suites: 'The PostgreSQL suites',
    find: findPostgres,
    advice: `start PostgreSQL so that ${POSTGRES_URLS.join(' or ')} answers, or set TEST_POSTGRES_URL to a server whose role may create databases.`,
  },
  {
    variable: 'TEST_MARIADB_URL',
    suites: 'The MariaDB suites',
    find: findMariadb,
    advice: `start MariaDB so that ${MARIADB_URLS.join(' or ')} answers, or set TEST_MARIADB_URL to a server whose user may create databases and users.`,
  },
  {
    variable: 'TEST_REDIS_URL',
    suites: 'The Redis suites',
    find: findRedis,
    advice: `install Redis (Debian and Ubuntu: apt-get install redis-server) and start it so that ${REDIS_URL} answers, or set TEST_REDIS_URL; redis-server must be on the PATH too, because suites start servers of their own to break.`,
  },
  {
    variable: 'CHROMIUM_PATH',
    suites: 'The browser suites',
    find: findBrowser,
    advice:
      'install Chromium (Debian and Ubuntu: apt-get install chromium), or set CHROMIUM_PATH to the executable of Chromium or Chrome.',
  },
];

/** Sets the variable of every need that is met; answers those that are not. */
export async function fillEnvironment() {
  const unmet = [];
  for (const need of NEEDS) {
    const { value, reason } = await need.find(process.env[need.variable] || undefined);
    if (value === undefined) {
      delete process.env[need.variable];
      unmet.push({ ...need, reason });
    } else {
      process.env[need.variable] = value;
    }
  }
  return unmet;
}

function findPostgres(given) {
  if (given !== undefined) return findServer([given], 'TEST_POSTGRES_URL', postgresProblem);
  return findServer(POSTGRES_URLS, 'PostgreSQL on 127.0.0.1:5432', postgresProblem);
}

function findMariadb(given) {
  if (given !== undefined) return findServer([given], 'TEST_MARIADB_URL', mariadbProblem);
  return findServer(MARIADB_URLS, 'MariaDB on 127.0.0.1:3306', mariadbProblem);
}

async function findServer(urls, where, problemOf) {
  const reasons = [];
  for (const url of urls) {
    const reason = await problemOf(url);
    if (reason === undefined) return { value: url };
    reasons.push(reason);
  }
  return { reason: `${where}: ${[...new Set(reasons)].join('; ')}` };
}

async function postgresProblem(connectionString) {
  const { Client } = require('pg');
  let client;
  try {
    client = new Client({
      connectionString,
      connectionTimeoutMillis: 1_000,
      query_timeout: 1_000,
    });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('SELECT 1');
    return undefined;
  } catch (error) {
    return error.message || error.code || 'no answer';
  } finally {
    client?.end().catch(() => undefined);
  }
}

async function mariadbProblem(url) {
  let client;
  try {
    const { createConnection } = require('mysql2/promise');
    client = await createConnection({
      uri: url.replace(/^mariadb:/, 'mysql:'),
      connectTimeout: 1_000,
    });
    await client.query('SELECT 1');
    return undefined;
  } catch (error) {
    return error.message || error.code || 'no answer';
  } finally {
    client?.end().catch(() => undefined);
  }
}

async function findRedis(given) {
  const { Redis } = require('ioredis');
  const client = new Redis(given ?? REDIS_URL, {
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: 1_000,
    commandTimeout: 1_000,
  });
  let reason = 'no answer';
  client.on('error', (error) => (reason = error.code ?? 'refused'));
  try {
    await client.connect();
    await client.ping();
  } catch {
    const where = given === undefined ? 'Redis on 127.0.0.1:6379' : 'TEST_REDIS_URL';
    return { reason: `${where}: ${reason}` };
  } finally {
    client.disconnect();
  }
  if (onPath(['redis-server']) === undefined) {
    return { reason: 'redis-server is not on the PATH' };
  }
  return { value: given ?? REDIS_URL };
}

function findBrowser(given) {
  if (given !== undefined) {
    return isExecutable(given)
      ? { value: given }
      : { reason: 'CHROMIUM_PATH names no executable file' };
  }
  const found = onPath(BROWSERS);
  if (found !== undefined) return { value: found };
  return { reason: `none of ${BROWSERS.join(', ')} is on the PATH` };
}

function onPath(names) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
