// A host on the built packages that receives webhooks until it is killed, or told to close. Its
// handler writes a line when it begins and one when it ends: what a message would have said is lost
// with the process.
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { FlockModule } from '@nest-flock/core';
import { FlintModule, OnFlintEvent } from '@nest-flock/flint';
import { appendFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

let app;
/** The line after which this process kills itself. */
let lastWord;

async function start({ adapter, log, flock, webhookSecret }) {
  const note = (what, { eventId, attempt }) => {
    appendFileSync(log, `${what} ${eventId} ${process.pid} ${attempt}\n`);
    if (what === lastWord) process.kill(process.pid, 'SIGKILL');
  };

  class Orders {
    /** Takes as long as the event says. */
    async paid(delivery) {
      note('begin', delivery);
      await wait(delivery.payload.data.takesMs);
      note('end', delivery);
    }
  }
  Injectable()(Orders);
  const { prototype } = Orders;
  OnFlintEvent('order.*')(prototype, 'paid', Object.getOwnPropertyDescriptor(prototype, 'paid'));

  class Host {}
  Module({
    imports: [
      FlockModule.forRoot(flock),
      FlintModule.forRoot({
        clientId: 'fpc_ingest',
        clientSecret: 'fps_ingest',
        redirectUri: 'http://localhost:3000/flint/oauth/callback',
        webhookSecrets: [webhookSecret],
      }),
    ],
    providers: [Orders],
  })(Host);
  const options = { rawBody: true, logger: false, abortOnError: false };
  app =
    adapter === 'fastify'
      ? await NestFactory.create(Host, new FastifyAdapter(), options)
      : await NestFactory.create(Host, options);
  await app.listen(0, '127.0.0.1');
  process.send({ listening: app.getHttpServer().address().port });
}

process.on('message', async ({ begin, dieAfter }) => {
  try {
    if (begin !== undefined) return await start(begin);
    if (dieAfter !== undefined) return (lastWord = dieAfter);
    await app.close();
    process.disconnect();
  } catch (error) {
    console.error(error);
    process.exit(1);
  }
});
process.on('disconnect', () => process.exit());
