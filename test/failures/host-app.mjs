// A host app in a process of its own, on the built packages, that a test freezes, blocks and ends. It
// obeys the messages of host-process.ts.
import 'reflect-metadata';
import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ConnectionService,
  FlockHealthIndicator,
  FlockModule,
  OnConnection,
  TokenService,
} from '@nest-flock/core';
import { CAUTIOUS_PROFILE, defineProvider, variable } from '@nest-flock/core/provider';
import { FlintGuard, FlintModule } from '@nest-flock/flint';
import { FyndModule } from '@nest-flock/fynd';
import diagnostics_channel from 'node:diagnostics_channel';
import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { ChangeFeed } from '../../libs/core/dist/esm/connection/change-feed.js';
import { Database } from '../../libs/core/dist/esm/foundation/database/database.js';
import { RENEWAL_CHANNEL } from '../../libs/core/dist/esm/foundation/telemetry/renewal-steps.js';

const settings = JSON.parse(process.argv[2]);

// Clocks: the wall clock may be off, and hours may go by for this process in an instant.
const { now: wallClock } = Date;
Date.now = () => wallClock() + (settings.clockOffsetMs ?? 0);
const monotonic = performance.now.bind(performance);
let aged = 0;
performance.now = () => monotonic() + aged;

/** Reads of the change feed, and units of work under way. */
const counts = { begun: 0, ended: 0, units: 0 };
const { poll } = ChangeFeed.prototype;
ChangeFeed.prototype.poll = async function () {
  counts.begun += 1;
  try {
    return await poll.call(this);
  } finally {
    counts.ended += 1;
  }
};
/** The file for which the next unit of work stands still before its commit. */
let unitWaitsFor;
const { run } = Database.prototype;
Database.prototype.run = async function (work) {
  counts.units += 1;
  const file = unitWaitsFor;
  unitWaitsFor = undefined;
  try {
    return await run.call(this, async (transaction) => {
      const result = await work(transaction);
      if (file !== undefined) standStill(file);
      return result;
    });
  } finally {
    counts.units -= 1;
  }
};

/** Stops the event loop for as long as a file is there. */
function standStill(whileExists, details) {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  process.send({ event: 'blocked', ...details });
  while (existsSync(whileExists)) Atomics.wait(cell, 0, 0, 5);
}

if (settings.block !== undefined) {
  const { step, whileExists } = settings.block;
  diagnostics_channel.subscribe(RENEWAL_CHANNEL, (message) => {
    if (message.step === step) standStill(whileExists, { connectionId: message.connectionId });
  });
}

/** A provider with credentials per account. */
const acme = defineProvider({
  provider: 'acme',
  title: 'Acme',
  variables: {
    clientId: variable.text({ env: 'CLIENT_ID' }),
    clientSecret: variable.secret({ env: 'CLIENT_SECRET' }),
    baseUrl: variable.url({ env: 'BASE_URL' }),
  },
  environments: ['sandbox', 'production'],
  grant: 'client_credentials',
  profile: { ...CAUTIOUS_PROFILE, rotates: false },
  endpoints: ({ baseUrl }, { environment }) => ({
    token: `${baseUrl}/${environment}/token`,
    api: `${baseUrl}/${environment}`,
  }),
  client: ({ clientId, clientSecret }) => ({ id: clientId, secret: clientSecret }),
  dialect: () => ({ clientAuthentication: 'body', encoding: 'json' }),
});

let stopping = false;
let letHandlersEnd;
const handlersMayEnd = new Promise((resolve) => (letHandlersEnd = resolve));

/** A handler of the host's own, which takes its time. */
class Books {
  async close() {
    process.send({ event: 'handling' });
    await handlersMayEnd;
  }
}
OnConnection('revoked', { name: 'books' })(
  Books.prototype,
  'close',
  Object.getOwnPropertyDescriptor(Books.prototype, 'close'),
);

/** A guarded route. */
class Orders {
  list() {
    return [];
  }
}
Get()(Orders.prototype, 'list', Object.getOwnPropertyDescriptor(Orders.prototype, 'list'));
UseGuards(FlintGuard)(Orders);
Controller('orders')(Orders);

class Host {}
Module({
  imports: [
    FlockModule.forRoot(settings.flock),
    FlintModule.forRoot(settings.flint),
    ...(settings.acme === undefined ? [] : [acme.Module.forRoot(settings.acme)]),
    ...(settings.fynd === undefined ? [] : [FyndModule.forRoot(settings.fynd)]),
  ],
  controllers: [Orders],
  providers: settings.handlers === true ? [Books] : [],
})(Host);

const app = await NestFactory.create(Host, { rawBody: true, logger: ['error', 'warn'] });
await app.listen(settings.port, '127.0.0.1');
const tokens = app.get(TokenService);

const ask = (ref, options) =>
  tokens.getAccessToken(ref, options).then(
    (token) => ({ token }),
    (error) => ({ code: error.code ?? String(error) }),
  );

const commands = {
  get: async ({ ref, times = 1, options }) =>
    Promise.all(Array.from({ length: times }, () => ask(ref, options))),
  /** Asks until the answer is another one than `held`; says how often the feed was read since. */
  change: async ({ ref, held }) => {
    const before = counts.begun;
    for (;;) {
      const answer = await ask(ref);
      if (answer.token !== held) return { ...answer, reads: counts.begun - before };
      await wait(2);
    }
  },
  renewForever: async ({ refs }) => {
    for (const ref of refs) {
      void (async () => {
        while (!stopping) {
          const { token } = await ask(ref);
          if (token !== undefined) await ask(ref, { rejected: token });
          await wait(20);
        }
      })();
    }
  },
  age: async ({ ms }) => void (aged += ms),
  counts: async () => counts,
  disconnect: async ({ ref }) => app.get(ConnectionService).disconnect(ref),
  blockUnit: async ({ whileExists }) => void (unitWaitsFor = whileExists),
  health: async () => (await app.get(FlockHealthIndicator).isHealthy()).flock,
  letHandlersEnd: async () => letHandlersEnd(),
};

process.on('message', ({ call, command, value }) => {
  commands[command](value ?? {}).then(
    (result) => process.connected && process.send({ call, result }),
    (error) => process.connected && process.send({ call, error: error.stack ?? String(error) }),
  );
});
process.on('disconnect', () => process.exit());

// As a host does without process.exit(): what is left must not keep the process alive.
process.once('SIGTERM', async () => {
  stopping = true;
  process.send({ event: 'stopping' });
  await app.close();
  process.removeAllListeners('disconnect');
  process.disconnect();
});
process.send({ event: 'started' });
