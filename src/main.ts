import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FlockError } from '@nest-flock/core';
import { existsSync } from 'node:fs';
import { AppModule } from './app.module.js';
import { startSandbox } from './sandbox.js';
import type { SandboxHost } from './sandbox.js';

/** Without Flint credentials the sandbox takes Flint's place, outside production. */
const wantsSandbox = (): boolean =>
  process.env.NODE_ENV !== 'production' &&
  !Object.keys(process.env).some((name) => name.startsWith('FLINT_'));

async function createApp(url: string, sandbox?: SandboxHost): Promise<INestApplication> {
  const host = { url, ...(sandbox !== undefined && { sandboxUrl: sandbox.url }) };
  // Idle connections renew too while the sandbox runs, so that there is something to watch.
  const module = AppModule.forRoot(
    host,
    sandbox?.flint,
    sandbox === undefined ? {} : { renew: 'always' },
  );
  const options = { rawBody: true, abortOnError: false } as const;
  if (process.env.HTTP_ADAPTER !== 'fastify') return NestFactory.create(module, options);
  const { FastifyAdapter } = await import('@nestjs/platform-fastify');
  return NestFactory.create(module, new FastifyAdapter(), options);
}

async function main(): Promise<void> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const port = Number(process.env.PORT ?? 3_000);
  const url = process.env.PUBLIC_URL ?? `http://localhost:${port}`;
  const sandbox = wantsSandbox() ? await startSandbox(`${url}/flint/oauth/callback`) : undefined;
  const app = await createApp(url, sandbox);
  app.enableShutdownHooks();
  // Loopback only while anybody could connect: there is no sign-in in the sandbox.
  await app.listen(port, sandbox === undefined ? '0.0.0.0' : '127.0.0.1');
  new Logger('Host').log(`Open ${url}`);
}

main().catch((error: unknown) => {
  // A configuration message is for a person; a stack would bury it.
  console.error(error instanceof FlockError ? error.message : error);
  process.exit(1);
});
