// One instance of a host app in a process of its own, on the built packages; driven by messages.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FlockModule, TokenService } from '@nest-flock/core';
import { FlintModule } from '@nest-flock/flint';

const settings = JSON.parse(process.argv[2]);

if (settings.clockOffsetMs !== undefined) {
  const real = Date.now;
  Date.now = () => real() + settings.clockOffsetMs;
}

class Instance {}
Module({
  imports: [
    FlockModule.forRoot(settings.flock),
    FlintModule.forRoot({ ...settings.flint, controllers: false }),
  ],
})(Instance);

const app = await NestFactory.createApplicationContext(Instance, { logger: false });
const tokens = app.get(TokenService);

process.on('message', async ({ call, id, times = 1, options }) => {
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
