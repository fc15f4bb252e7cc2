// A host on the built packages with all five providers: its readers call the providers' APIs all the
// time, its routes install and serve merchants, its handler takes webhooks.
import 'reflect-metadata';
import { Controller, Get, Headers, Inject, Injectable, Module, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  ConnectionService,
  CurrentConnection,
  FlockError,
  FlockModule,
  RENEWAL_CHANNEL,
  TokenService,
  UseApp,
} from '@nest-flock/core';
import { ConnectionClients } from '@nest-flock/core/provider';
import { FlexPayModule } from '@nest-flock/flex-pay';
import { FlinksPayModule } from '@nest-flock/flinks-pay';
import { FlintApi, FlintGuard, FlintModule, OnFlintEvent } from '@nest-flock/flint';
import { FluteModule } from '@nest-flock/flute';
import { FyndModule } from '@nest-flock/fynd';
import diagnostics_channel from 'node:diagnostics_channel';
import { appendFileSync, openSync, writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { InstalledConnectionStore } from '../../../libs/core/dist/esm/install/installed-connection.store.js';
import { requestIdFor } from './meant-for.mjs';
import { obey } from './obey.mjs';

/** The event loop is looked at so often. */
const LOOK_MS = 100;
/** Standing still for longer is written down. */
const STALL_MS = 500;
/** Calls of one process under way at once. */
const MOST_CALLS = 64;
const FINAL_CONCURRENCY = 16;

let app;
let targets = [];
let stopped = false;
const figures = { calls: 0, answered: {}, errors: {}, unexpected: [] };
const service = (token) => app.get(token, { strict: false });

/** Each step goes to a file at once: what a message would have said is lost with the process. */
function keepSteps(file) {
  const log = openSync(file, 'a');
  const note = (...words) => writeSync(log, `${words.join(' ')}\n`);
  diagnostics_channel.subscribe(RENEWAL_CHANNEL, ({ step, connectionId, attemptId }) =>
    note(Date.now(), step, connectionId, attemptId),
  );
  let seen = Date.now();
  setInterval(() => {
    const now = Date.now();
    if (now - seen > STALL_MS) note(seen, 'stalled', now);
    seen = now;
  }, LOOK_MS).unref();
}

function ordersController() {
  class Orders {
    constructor(flint) {
      this.flint = flint;
    }

    async list(connection, meantFor) {
      const headers = { 'x-request-id': requestIdFor(meantFor) };
      return (await this.flint.for(connection).get('/v1/orders', { headers })).data;
    }
  }
  const { prototype } = Orders;
  const list = Object.getOwnPropertyDescriptor(prototype, 'list');
  Inject(FlintApi)(Orders, undefined, 0);
  CurrentConnection()(prototype, 'list', 0);
  Headers('x-meant-for')(prototype, 'list', 1);
  Get()(prototype, 'list', list);
  UseGuards(FlintGuard)(Orders);
  UseApp('flint')(Orders);
  Controller('orders')(Orders);
  return Orders;
}

function eventHandler(file) {
  const note = (what, { eventId, attempt }) =>
    appendFileSync(file, `${what} ${eventId} ${process.pid} ${attempt}\n`);
  class OrderEvents {
    async paid(delivery) {
      note('begin', delivery);
      await wait(delivery.payload.data.takesMs);
      note('end', delivery);
    }
  }
  const { prototype } = OrderEvents;
  Injectable()(OrderEvents);
  OnFlintEvent('order.*')(prototype, 'paid', Object.getOwnPropertyDescriptor(prototype, 'paid'));
  return OrderEvents;
}

/** `@nest-flock/redis`, when it is wanted. */
async function redisModules(url) {
  if (url === undefined) return [];
  const { FlockRedisModule } = await import('@nest-flock/redis');
  return [FlockRedisModule.forRoot({ url })];
}

async function start({ adapter, flock, providers, steps, handlers, redisUrl }) {
  keepSteps(steps);
  class Host {}
  Module({
    imports: [
      FlockModule.forRoot(flock),
      ...(await redisModules(redisUrl)),
      FlintModule.forRoot(providers.flint),
      FlintModule.forRoot(providers.second),
      FyndModule.forRoot(providers.fynd),
      FluteModule.forRoot(providers.flute),
      FlexPayModule.forRoot(providers.flexPay),
      FlinksPayModule.forRoot(providers.flinksPay),
    ],
    controllers: [ordersController()],
    providers: [eventHandler(handlers)],
  })(Host);
  const options = { rawBody: true, abortOnError: false, forceCloseConnections: true };
  app =
    adapter === 'fastify'
      ? await NestFactory.create(Host, new FastifyAdapter(), options)
      : await NestFactory.create(Host, options);
  app.enableShutdownHooks();
  await app.listen(0, '127.0.0.1');
  return app.getHttpServer().address().port;
}

/** A call with the token in hand, as a host's own code would make it; after a 401 once more. */
async function callByHand({ id, base, method, path, body, owner }) {
  const tokens = service(TokenService);
  const send = async (token) => {
    const response = await fetch(base + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'x-request-id': requestIdFor(owner),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    await response.arrayBuffer();
    return response.status;
  };
  const token = await tokens.getAccessToken(id);
  const status = await send(token);
  if (status !== 401) return status;
  return send(await tokens.getAccessToken(id, { rejected: token }));
}

/** The same through the library's client. */
async function callByClient({ id, provider, method, path, body, owner }) {
  const connection = await service(ConnectionService).get(id);
  const client = service(ConnectionClients).for(connection, provider);
  const { status } = await client.request(method, path, {
    headers: { 'x-request-id': requestIdFor(owner) },
    ...(body !== undefined && { body, repeatable: true }),
  });
  return status;
}

const count = (counts, key) => (counts[key] = (counts[key] ?? 0) + 1);

async function read(target) {
  figures.calls += 1;
  try {
    const status = await (Math.random() < 0.5 ? callByHand : callByClient)(target);
    count(figures.answered, status);
  } catch (error) {
    if (error instanceof FlockError) count(figures.errors, error.code);
    else figures.unexpected.push(`${target.provider}: ${error.stack ?? String(error)}`);
  }
}

async function readOn(perSecond) {
  let underWay = 0;
  while (!stopped) {
    await wait(((0.5 + Math.random()) * 1_000) / perSecond);
    if (targets.length === 0 || underWay >= MOST_CALLS || stopped) continue;
    underWay += 1;
    void read(targets[Math.floor(Math.random() * targets.length)]).finally(() => (underWay -= 1));
  }
}

/**
 * One call that must succeed, however long a dead process' claim or a circuit still stands, or this
 * host has not heard yet that the connection is back.
 */
async function use(target, giveUp) {
  for (;;) {
    try {
      return { id: target.id, outcome: String(await callByHand(target)) };
    } catch (error) {
      if (!(error instanceof FlockError) || performance.now() > giveUp) {
        return { id: target.id, outcome: error.code ?? String(error) };
      }
      await wait(200);
    }
  }
}

obey({
  start,
  /** Writes a grant as a connection, straight into the store. */
  async seed({ attemptId, provider, app: name, account, tokens, scopes, lifeMs }) {
    const { connection } = await service(InstalledConnectionStore).store({
      attemptId,
      provider,
      app: name,
      account,
      actor: 'soak',
      tokens,
      scopes,
      expiresAt: Date.now() + lifeMs,
      dueAt: Math.floor(Date.now() + lifeMs * Math.random()),
      transferFrom: [],
    });
    return connection.id;
  },
  async register(registration) {
    return (await service(ConnectionService).register(registration)).id;
  },
  disconnect: (id) => service(ConnectionService).disconnect(id, { actor: 'soak' }),
  targets: (given) => void (targets = given),
  read: (perSecond) => void readOn(perSecond),
  figures: () => ({ ...figures, rss: process.memoryUsage().rss }),
  async useAll({ chosen, deadlineMs }) {
    const giveUp = performance.now() + deadlineMs;
    const results = [];
    const queue = chosen.values();
    const work = async () => {
      for (const target of queue) results.push(await use(target, giveUp));
    };
    await Promise.all(Array.from({ length: FINAL_CONCURRENCY }, work));
    return results;
  },
  quiet: () => void (stopped = true),
});
