// A host process on the built packages that renews connections until it is killed. It obeys the
// messages of processes.mjs; `killAt` makes it kill (or stop) itself at an exact step of the protocol.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ConnectionService, FlockModule, TokenService } from '@nest-flock/core';
import { FlintModule } from '@nest-flock/flint';
import diagnostics_channel from 'node:diagnostics_channel';
import { openSync, writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { ConnectionReader } from '../../../libs/core/dist/esm/connection/connection.reader.js';
import { Database } from '../../../libs/core/dist/esm/foundation/database/database.js';
import { InstalledConnectionStore } from '../../../libs/core/dist/esm/install/installed-connection.store.js';
import { RENEWAL_CHANNEL } from '../../../libs/core/dist/esm/foundation/telemetry/renewal-steps.js';

let app;
let config;
const service = (token) => app.get(token, { strict: false });

/** Each step goes to a file at once: what a message would have said is lost with the process. */
function watchSteps({ stepLog, killAt }) {
  const log = stepLog === undefined ? undefined : openSync(stepLog, 'a');
  let seen = 0;
  diagnostics_channel.subscribe(RENEWAL_CHANNEL, ({ step, connectionId, attemptId }) => {
    if (log !== undefined) writeSync(log, `${step} ${connectionId} ${attemptId}\n`);
    if (killAt === undefined || 'statement' in killAt || step !== killAt.step) return;
    seen += 1;
    if (seen === (killAt.nth ?? 1)) process.kill(process.pid, killAt.signal ?? 'SIGKILL');
  });
  if (killAt?.statement === undefined) return;
  // Between a commit and what follows it there is no step: die as soon as the statement is committed.
  const { write, run } = Database.prototype;
  const die = () => process.kill(process.pid, killAt.signal ?? 'SIGKILL');
  Database.prototype.write = async function (statement, parameters) {
    const row = await write.call(this, statement, parameters);
    if (statement.name === killAt.statement && row !== undefined) die();
    return row;
  };
  Database.prototype.run = async function (work) {
    let applied = false;
    const result = await run.call(this, (transaction) =>
      work({
        ...transaction,
        apply: (statement, parameters) => {
          applied ||= statement.name === killAt.statement;
          return transaction.apply(statement, parameters);
        },
      }),
    );
    if (applied) die();
    return result;
  };
}

async function start(given) {
  config = given;
  watchSteps(config);
  class Victim {}
  Module({
    imports: [
      FlockModule.forRoot({
        databaseUrl: config.databaseUrl,
        dataDir: config.dataDir,
        rescueDir: config.rescueDir,
        encryptionKeys: config.encryptionKeys,
        background: config.background ?? false,
        renewal: config.policy,
      }),
      FlintModule.forRoot({
        clientId: config.clientId,
        clientSecret: config.clientSecret,
        redirectUri: 'http://localhost:3000/flint/oauth/callback',
        baseUrl: config.baseUrl,
        controllers: false,
      }),
    ],
  })(Victim);
  app = await NestFactory.createApplicationContext(Victim, { logger: false });
}

/** Writes grants as connections, straight into the store. Answers their ids, in order. */
function install(grants) {
  const store = service(InstalledConnectionStore);
  return Promise.all(
    grants.map(async ({ attemptId, grant }) => {
      const { connection } = await store.store({
        attemptId,
        provider: 'flint',
        app: 'flint',
        account: {
          account: grant.environment_grant_id,
          environment: grant.mode,
          merchant: grant.merchant_id,
          install: grant.partner_app_install_id,
        },
        owner: `tenant of ${grant.merchant_id}`.slice(0, 190),
        actor: 'kill',
        tokens: { accessToken: grant.access_token, refreshToken: grant.refresh_token },
        scopes: grant.scope,
        expiresAt: Date.now() + grant.expires_in * 1_000,
        dueAt: null,
        transferFrom: [],
      });
      return connection.id;
    }),
  );
}

/** Renews one connection again and again, by turns as a caller who wants a new token and as one whose token was refused. */
async function renewForever(id) {
  const tokens = service(TokenService);
  for (let round = 0; ; round += 1) {
    try {
      if (round % 2 === 0) await tokens.getAccessToken(id, { fresh: true });
      else await tokens.getAccessToken(id, { rejected: await tokens.getAccessToken(id) });
    } catch (error) {
      if (!error.retryable) return;
      await wait(10);
    }
  }
}

/** Renews once, however long a dead owner's claim still stands, and tries the token on the API. */
async function settle(id, giveUp) {
  const tokens = service(TokenService);
  for (;;) {
    try {
      const token = await tokens.getAccessToken(id, { fresh: true });
      const answer = await fetch(`${config.baseUrl}/v1/orders`, {
        headers: { authorization: `Bearer ${token}` },
      });
      await answer.arrayBuffer();
      return { id, outcome: 'renewed', api: answer.status };
    } catch (error) {
      if (error.retryable !== true || performance.now() > giveUp) {
        const { unreadable } = await service(ConnectionReader).load(id);
        return { id, outcome: unreadable ? 'unreadable' : (error.code ?? String(error)) };
      }
      await wait(20);
    }
  }
}

async function settleAll({ ids, concurrency, deadlineMs }) {
  const giveUp = performance.now() + deadlineMs;
  const results = [];
  const queue = ids.values();
  const work = async () => {
    for (const id of queue) results.push(await settle(id, giveUp));
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return results;
}

/** Hands out the token until it may not; answers when that was, in epoch milliseconds. */
async function untilRefused(id) {
  const tokens = service(TokenService);
  for (;;) {
    try {
      await tokens.getAccessToken(id);
    } catch {
      return performance.timeOrigin + performance.now();
    }
    await wait(1);
  }
}

const commands = {
  start,
  get: (id) => service(TokenService).getAccessToken(id),
  disconnect: (id) => service(ConnectionService).disconnect(id),
  untilRefused,
  install,
  renew: async (ids) => void ids.forEach((id) => void renewForever(id)),
  settle: settleAll,
  stop: async () => app.close(),
};

process.on('message', ({ number, command, value }) => {
  commands[command](value).then(
    (result) => process.send({ number, result }),
    (error) => process.send({ number, error: error.stack ?? String(error) }),
  );
});
process.on('disconnect', () => process.exit());
process.send({ loaded: true });
