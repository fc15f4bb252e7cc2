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
import { FlexPayModule } from '@nest-flock/flex-pay';
import { FlinksPayModule } from '@nest-flock/flinks-pay';
import { FlintGuard, FlintModule } from '@nest-flock/flint';
import { FlintAdministrationModule } from '@nest-flock/flint/administration';
import { FluteGuard, FluteModule } from '@nest-flock/flute';
import { FyndGuard, FyndModule } from '@nest-flock/fynd';
import { FlockRedisModule } from '@nest-flock/redis';

@Controller('orders')
@UseGuards(FlintGuard)
class OrdersController {
  @Get()
  list(): string[] {
    return [];
  }
}

@Controller('channels')
@UseGuards(FyndGuard)
class ChannelsController {
  @Get()
  list(): string[] {
    return [];
  }
}

@Controller('transactions')
@UseGuards(FluteGuard)
class TransactionsController {
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
      // Nobody is there: the app starts all the same.
      FlockRedisModule.forRoot({ url: 'redis://127.0.0.1:1' }),
      FlintModule.forRoot({
        clientId: 'fpc_packages',
        clientSecret: 'fps_packages',
        redirectUri,
        baseUrl: 'https://api.withflintpay.com',
      }),
      FlintAdministrationModule,
      FyndModule.forRoot({
        clientId: 'fynd_packages',
        clientSecret: 'fynd_secret',
        extensionUrl: `http://localhost:${port}`,
        scopes: ['company/saleschannel'],
      }),
      FluteModule.forRoot({ clientId: 'flute', clientSecret: 's', environments: ['sandbox'] }),
      FlexPayModule.forRoot({ clientId: 'flex', clientSecret: 's' }),
      FlinksPayModule.forRoot({
        baseUrl: 'https://pay.example',
        username: 'flinks',
        password: 's',
      }),
    ],
    controllers: [OrdersController, ChannelsController, TransactionsController],
  })
  class HostModule {}

  const app = await NestFactory.create(HostModule, { logger: ['error'], abortOnError: false });
  await app.listen(port);
  try {
    await checkRefusal(`http://localhost:${port}`);
    await checkInstall(`http://localhost:${port}`, redirectUri);
    await checkOthers(`http://localhost:${port}`);
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
    '@nest-flock/core/provider': await import('@nest-flock/core/provider'),
    '@nest-flock/core/fleet': await import('@nest-flock/core/fleet'),
    '@nest-flock/core/testing': await import('@nest-flock/core/testing'),
    '@nest-flock/flint': await import('@nest-flock/flint'),
    '@nest-flock/flint/administration': await import('@nest-flock/flint/administration'),
    '@nest-flock/flinks-pay': await import('@nest-flock/flinks-pay'),
    '@nest-flock/fynd': await import('@nest-flock/fynd'),
    '@nest-flock/flute': await import('@nest-flock/flute'),
    '@nest-flock/flex-pay': await import('@nest-flock/flex-pay'),
    '@nest-flock/sandbox': await import('@nest-flock/sandbox'),
  };
  for (const [entry, exported] of Object.entries(imported)) {
    const required = load(entry) as typeof exported;
    for (const [name, value] of Object.entries(exported)) {
      assert.equal(required[name], value, `require() gives another ${name} of ${entry}`);
    }
  }
  const doors = ['', '/provider', '/fleet', '/testing'].map((door) => `@nest-flock/core${door}`);
  const names = doors.flatMap((door) => Object.keys(imported[door] ?? {}));
  assert.deepEqual(names, [...new Set(names)], 'a name has two doors of the core');
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

/** A launch starts, a company that nobody connected is refused, and a configured key admits. */
async function checkOthers(origin: string): Promise<void> {
  const launch = await fetch(`${origin}/fp/install?company_id=7&client_id=fynd_packages`, {
    redirect: 'manual',
  });
  assert.equal(launch.status, 303);
  assert.match(
    launch.headers.get('location') ?? '',
    /api\.fynd\.com.*\/company\/7\/oauth\/authorize/,
  );
  assert.equal((await fetch(`${origin}/channels`)).status, 401);
  assert.equal((await fetch(`${origin}/transactions`)).status, 200);
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
