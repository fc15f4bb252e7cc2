// One instance of a host app in a process of its own, on the built packages; driven by messages.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { SchedulerRegistry } from '@nestjs/schedule';
import { FlockHealthIndicator, TokenService } from '@nest-flock/core';
import { hostModule } from './host-module.mjs';

const settings = JSON.parse(process.argv[2]);

if (settings.clockOffsetMs !== undefined) {
  const real = Date.now;
  Date.now = () => real() + settings.clockOffsetMs;
}

const app = await NestFactory.createApplicationContext(await hostModule(settings), {
  logger: settings.log === true ? ['error'] : false,
  abortOnError: false,
}).catch((error) => {
  process.send({ failed: error.message });
  process.disconnect();
  process.exit(1);
});
const tokens = app.get(TokenService);
const timers = app.get(SchedulerRegistry, { strict: false });
for (const name of settings.without ?? []) clearInterval(timers.getInterval(`nest-flock:${name}`));

process.on('message', async ({ call, id, times = 1, options }) => {
  if (id === undefined) {
    process.send({ call, health: (await app.get(FlockHealthIndicator).isHealthy()).flock });
    return;
  }
  const outcomes = await Promise.allSettled(
    Array.from({ length: times }, () => tokens.getAccessToken(id, options)),
  );
  process.send({
    call,
    tokens: [...new Set(outcomes.map(({ value }) => value).filter((value) => value !== undefined))],
    errors: outcomes
      .filter(({ reason }) => reason !== undefined)
      .map(({ reason }) => reason.code ?? String(reason)),
  });
});
process.on('disconnect', () => app.close().then(() => process.exit(0)));
process.send({ ready: true });
