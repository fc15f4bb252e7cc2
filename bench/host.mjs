// A host app on the built packages, with connections made straight in the store.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FlockModule } from '@nest-flock/core';
import { FlintModule } from '@nest-flock/flint';
import { FlockRedisModule } from '@nest-flock/redis';
import { InstalledConnectionStore } from '../libs/core/dist/esm/install/installed-connection.store.js';

export async function startTokenServer() {
  const child = fork(new URL('./token-server.mjs', import.meta.url));
  const { port } = await new Promise((resolve) => child.once('message', resolve));
  return { url: `http://127.0.0.1:${port}`, stop: () => child.kill() };
}

export async function startHost({ baseUrl, databaseUrl, dataDir, redis, connections }) {
  const directory = mkdtempSync(join(tmpdir(), 'flock-bench-'));
  class Bench {}
  Module({
    imports: [
      FlockModule.forRoot({
        databaseUrl: databaseUrl ?? `sqlite:${join(directory, 'flock.sqlite')}`,
        dataDir: dataDir ?? directory,
        background: false,
        renewal: { minIntervalMs: 0 },
      }),
      FlintModule.forRoot({
        clientId: 'fpc_bench',
        clientSecret: 'fps_bench',
        redirectUri: 'http://localhost:3000/flint/oauth/callback',
        baseUrl,
        controllers: false,
      }),
      ...(redis === undefined ? [] : [FlockRedisModule.forRoot(redis)]),
    ],
  })(Bench);
  const app = await NestFactory.createApplicationContext(Bench, { logger: ['error'] });
  const store = app.get(InstalledConnectionStore);
  const ids = [];
  for (let index = 0; index < connections; index += 1) {
    const { connection } = await store.store({
      attemptId: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      provider: 'flint',
      app: 'flint',
      account: {
        account: `egrt_${index}`,
        environment: 'test',
        merchant: `mer_${index}`,
        install: `pinst_${index}`,
      },
      owner: `tenant_${index}`,
      actor: 'bench',
      tokens: { accessToken: `at_0_${'x'.repeat(1_480)}`, refreshToken: 'rt_0' },
      scopes: 'commerce.orders.read',
      expiresAt: Date.now() + 3_600_000,
      dueAt: null,
      transferFrom: [],
    });
    ids.push(connection.id);
  }
  return {
    app,
    ids,
    stop: async () => {
      await app.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
