// A host app as a stranger would write it, from the packed libraries. It is compiled as an ES
// module and as CommonJS, boots, and proves the way to an install.
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FlockModule } from '@nest-flock/core';
import { FlintGuard, FlintModule } from '@nest-flock/flint';

@Controller('orders')
@UseGuards(FlintGuard)
class OrdersController {
  @Get()
  list(): string[] {
    return [];
  }
}

async function main(): Promise<void> {
  await checkIdentity();
  const port = await freePort();
  const redirectUri = `http://localhost:${port}/flint/oauth/callback`;

  @Module({
    imports: [
      FlockModule.forRoot(),
      FlintModule.forRoot({
        clientId: 'fpc_packages',
        clientSecret: 'fps_packages',
        redirectUri,
        baseUrl: 'https://api.withflintpay.com',
      }),
    ],
    controllers: [OrdersController],
  })
  class HostModule {}

  const app = await NestFactory.create(HostModule, { logger: ['error'], abortOnError: false });
  await app.listen(port);
  try {
    await checkRefusal(`http://localhost:${port}`);
    await checkInstall(`http://localhost:${port}`, redirectUri);
  } finally {
    await app.close();
  }
  console.log(JSON.stringify({ format: typeof require === 'undefined' ? 'esm' : 'cjs' }));
}

/** Two copies of a class would be two injection tokens. */
async function checkIdentity(): Promise<void> {
  const load = createRequire(join(process.cwd(), 'host.js'));
  const imported: Record<string, Record<string, unknown>> = {
    '@nest-flock/core': await import('@nest-flock/core'),
    '@nest-flock/core/testing': await import('@nest-flock/core/testing'),
    '@nest-flock/flint': await import('@nest-flock/flint'),
    '@nest-flock/sandbox': await import('@nest-flock/sandbox'),
  };
  for (const [entry, exported] of Object.entries(imported)) {
    const required = load(entry) as typeof exported;
    for (const [name, value] of Object.entries(exported)) {
      assert.equal(required[name], value, `require() gives another ${name} of ${entry}`);
    }
  }
  assert.equal(imported['@nest-flock/core']?.FlockModule, FlockModule);
  assert.equal(imported['@nest-flock/flint']?.FlintModule, FlintModule);
}

async function checkRefusal(origin: string): Promise<void> {
  const response = await fetch(`${origin}/orders`);
  assert.equal(response.status, 401);
  assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
  const problem = (await response.json()) as Record<string, unknown>;
  assert.equal(problem.code, 'not_connected');
  assert.match(String(problem.connectUrl), /\/flint\/install/);
}

async function checkInstall(origin: string, redirectUri: string): Promise<void> {
  const response = await fetch(`${origin}/flint/install?mode=test`, { redirect: 'manual' });
  assert.equal(response.status, 303);
  const location = new URL(response.headers.get('location') ?? '');
  assert.equal(
    location.origin + location.pathname,
    'https://api.withflintpay.com/v1/oauth/authorize',
  );
  assert.equal(location.searchParams.get('client_id'), 'fpc_packages');
  assert.equal(location.searchParams.get('redirect_uri'), redirectUri);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
