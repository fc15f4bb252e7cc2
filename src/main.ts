import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FlockError } from '@nest-flock/core';
import { existsSync } from 'node:fs';
import { AppModule } from './app.module.js';
import type { Host } from './host.js';
import { operatorAccess } from './operator/operator-access.js';
import type { OperatorAccess } from './operator/operator-access.js';
import { settingsFromEnvironment } from './providers.js';
import { configuredProviders } from './provider-names.js';
import type { ProviderName } from './provider-names.js';
import { startSandbox } from './sandbox/start-sandbox.js';
import type { SandboxHost } from './sandbox/start-sandbox.js';

/** While the sandbox runs: a failed delivery is given up within seconds, to be looked at. */
const DELIVERIES = { maxAttempts: 3, retryBaseMs: 1_000 };

function createModule(
  { url, operator }: { url: string; operator: OperatorAccess },
  configured: readonly ProviderName[],
  running?: SandboxHost,
) {
  if (running === undefined) {
    const { FYND_CLIENT_ID: fyndClientId } = process.env;
    const host = { url, operator, providers: configured, ...(fyndClientId && { fyndClientId }) };
    return AppModule.forRoot(host, settingsFromEnvironment(configured));
  }
  const { settings, pages, sandbox } = running;
  const host: Host = {
    url,
    operator,
    providers: Object.keys(settings) as ProviderName[],
    fyndClientId: settings.fynd.clientId,
    sandbox: pages,
  };
  // Idle connections renew too while the sandbox runs, so that there is something to watch.
  const flock = { renew: 'always', deliveries: DELIVERIES } as const;
  return AppModule.forRoot(host, settings, flock, sandbox);
}

async function createApp(module: ReturnType<typeof createModule>): Promise<INestApplication> {
  const options = { rawBody: true, abortOnError: false } as const;
  if (process.env.HTTP_ADAPTER !== 'fastify') return NestFactory.create(module, options);
  const { FastifyAdapter } = await import('@nestjs/platform-fastify');
  return NestFactory.create(module, new FastifyAdapter(), options);
}

async function main(): Promise<void> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const port = Number(process.env.PORT ?? 3_000);
  const url = process.env.PUBLIC_URL ?? `http://localhost:${port}`;
  const configured = configuredProviders(process.env);
  // Without any credential the sandbox takes the place of all five, outside production.
  const alone = configured.length === 0 && process.env.NODE_ENV !== 'production';
  const sandbox = alone ? await startSandbox(url) : undefined;
  const operator = operatorAccess(process.env, alone);
  const app = await createApp(createModule({ url, operator }, configured, sandbox));
  app.enableShutdownHooks();
  // Loopback unless it is asked for: a visitor is anybody, there is no sign-in.
  await app.listen(port, process.env.LISTEN_HOST || '127.0.0.1');
  const logger = new Logger('Host');
  if (operator.kind === 'closed') {
    logger.log(`${url}/operator is closed; OPERATOR_PASSWORD opens it.`);
  }
  logger.log(`Open ${url}`);
}

main().catch((error: unknown) => {
  // A configuration message is for a person; a stack would bury it.
  console.error(error instanceof FlockError ? error.message : error);
  process.exit(1);
});
