// A renewal, claimed and committed, against its HTTP call alone and against the usual stack.
import { HttpService } from '@nestjs/axios';
import axios from 'axios';
import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstValueFrom } from 'rxjs';
import { DataSource, EntitySchema } from 'typeorm';
import { UndiciTokenTransport } from '../libs/core/dist/esm/foundation/http/undici-token-transport.js';
import { ConnectionReader } from '../libs/core/dist/esm/connection/connection.reader.js';
import { RenewalService } from '../libs/core/dist/esm/token/renewal/renewal.service.js';
import { startHost, startTokenServer } from './host.mjs';
import { compare, print } from './statistics.mjs';

const CONNECTIONS = 2_000;
const IN_FLIGHT = 200;

/** Calls `work` for every index, so many at once; the time of each in milliseconds. */
async function drive(count, work) {
  let next = 0;
  const started = performance.now();
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, count) }, worker));
  return (performance.now() - started) / count;
}

const KEY = randomBytes(32);

/** What a team that seals its tokens writes: a column transformer. */
const sealed = {
  to(text) {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', KEY, nonce);
    return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  },
  from(bytes) {
    const decipher = createDecipheriv('aes-256-gcm', KEY, bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString();
  },
};

/** A usual entity: the same facts of a connection as ours, both tokens sealed, the same look-ups indexed. */
const plain = (binary) =>
  new EntitySchema({
    name: 'Plain',
    tableName: 'plain',
    columns: {
      id: { type: 'varchar', primary: true },
      provider: { type: 'varchar' },
      environment: { type: 'varchar' },
      account: { type: 'varchar' },
      merchant: { type: 'varchar' },
      owner: { type: 'varchar' },
      scopes: { type: 'text' },
      status: { type: 'varchar' },
      accessToken: { type: binary, transformer: sealed },
      refreshToken: { type: binary, transformer: sealed },
      expiresAt: { type: 'bigint' },
      updatedAt: { type: 'bigint' },
    },
    indices: [
      { name: 'plain_account', unique: true, columns: ['provider', 'environment', 'account'] },
      { name: 'plain_owner', columns: ['owner'] },
      { name: 'plain_merchant', columns: ['merchant'] },
      { name: 'plain_expires', columns: ['expiresAt'] },
    ],
  });

async function usualStack(databaseUrl, baseUrl, directory) {
  const dataSource = await new DataSource({
    ...(databaseUrl === undefined
      ? { type: 'better-sqlite3', database: join(directory, 'plain.sqlite'), enableWAL: true }
      : { type: 'postgres', url: databaseUrl }),
    entities: [plain(databaseUrl === undefined ? 'blob' : 'bytea')],
    synchronize: true,
  }).initialize();
  const repository = dataSource.getRepository('Plain');
  const ids = Array.from({ length: CONNECTIONS }, () => randomUUID());
  await repository.save(
    ids.map((id, index) => ({
      id,
      provider: 'flint',
      environment: 'test',
      account: `egrt_${index}`,
      merchant: `mer_${index}`,
      owner: `tenant_${index}`,
      scopes: 'commerce.orders.read',
      status: 'active',
      accessToken: 'x'.repeat(1_480),
      refreshToken: 'rt',
      expiresAt: 0,
      updatedAt: 0,
    })),
    { chunk: 50 },
  );
  const http = new HttpService(
    axios.create({ httpAgent: new Agent({ keepAlive: true, maxSockets: 64 }) }),
  );
  const renew = async (index) => {
    const row = await repository.findOneBy({ id: ids[index] });
    const { data } = await firstValueFrom(
      http.post(
        `${baseUrl}/v1/oauth/token`,
        new URLSearchParams({ grant_type: 'refresh_token', refresh_token: row.refreshToken }),
        { auth: { username: 'a', password: 'b' } },
      ),
    );
    row.accessToken = data.access_token;
    row.refreshToken = data.refresh_token;
    row.updatedAt = Date.now();
    row.expiresAt = row.updatedAt + data.expires_in * 1_000;
    await repository.save(row);
  };
  return {
    renew,
    stop: () => dataSource.query('DROP TABLE plain').then(() => dataSource.destroy()),
  };
}

async function runOn(name, databaseUrl) {
  const directory = mkdtempSync(join(tmpdir(), 'flock-bench-'));
  const server = await startTokenServer();
  const host = await startHost({ baseUrl: server.url, databaseUrl, connections: CONNECTIONS });
  const usual = await usualStack(databaseUrl, server.url, directory);
  const reader = host.app.get(ConnectionReader);
  const refreshes = host.app.get(RenewalService);
  const transport = new UndiciTokenTransport();
  const request = {
    url: `${server.url}/v1/oauth/token`,
    method: 'POST',
    headers: {
      authorization: 'Basic YTpi',
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=refresh_token&refresh_token=rt_0',
  };
  const renew = async (index) => {
    const entry = reader.cached(host.ids[index]) ?? (await reader.load(host.ids[index]));
    await refreshes.renew(entry.row);
  };
  const HTTP = 'the HTTP call alone (undici)';
  const OURS = 'claim + call + seal + store, all committed';
  const USUAL = 'HttpService + TypeORM findOneBy + save, sealed';
  const cases = [
    [
      HTTP,
      () =>
        drive(CONNECTIONS, async () => JSON.parse((await transport.send(request, 10_000)).body)),
    ],
    [OURS, () => drive(CONNECTIONS, renew)],
    [USUAL, () => drive(CONNECTIONS, usual.renew)],
  ];
  for (const [, work] of cases) await work();
  const rows = await compare(cases, 7);
  print(`Renewal on ${name}, ${IN_FLIGHT} in flight`, rows, 'ms', { [OURS]: '<= 4' });
  const [, ours, usualRow] = rows;
  console.log(
    `  faster than the usual stack: ${(usualRow.each / ours.each).toFixed(1)} times   goal >= 8`,
  );
  await usual.stop();
  await host.stop();
  await transport.close();
  server.stop();
  rmSync(directory, { recursive: true, force: true });
}

export async function run() {
  await runOn('SQLite');
  const { TEST_POSTGRES_URL: server } = process.env;
  if (server === undefined) {
    console.log('\nPostgreSQL left out: name a server in TEST_POSTGRES_URL.');
    return;
  }
  const admin = await new DataSource({ type: 'postgres', url: server }).initialize();
  const name = `flock_bench_${process.pid}`;
  await admin.query(`CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  try {
    await runOn('PostgreSQL', url.href);
  } finally {
    await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await admin.destroy();
  }
}
