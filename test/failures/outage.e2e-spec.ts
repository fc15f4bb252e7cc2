import type { Connection } from '@nest-flock/core';
import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failureOf, until } from '../support/poll.js';
import { rescueFiles } from '../support/rescue-files.js';
import { seedConnections } from '../support/seed.js';
import type { PrivateServer } from '../support/servers/private-server.js';
import { PRIVATE_SERVERS } from '../support/servers/private-servers.js';
import { refreshCalls, startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';
import { startHostProcess } from './host-process.js';
import type { HostProcess, HostProcessSettings } from './host-process.js';

/** Only bound a failing test. */
const LIMIT = 90_000;
const PATIENCE = 40_000;

const describeOnServers = PRIVATE_SERVERS.length === 0 ? describe.skip : describe;

describeOnServers.each(PRIVATE_SERVERS)(
  'results that the store could not take: %s',
  (_name, startServer) => {
    let server: PrivateServer;
    let suite: Suite;
    let connection: Connection;
    let processes: HostProcess[] = [];

    beforeAll(async () => {
      server = await startServer();
    });
    afterAll(() => server?.destroy());
    beforeEach(async () => {
      suite = await startSuite(() => server.database(), {
        flock: { background: false, renewal: { storeBudgetMs: 500, rescueGraceMs: 120_000 } },
      });
      suite.sandbox.flint.settings.grace = { kind: 'none' };
      connection = await suite.connect();
    });
    afterEach(async () => {
      server.thaw();
      for (const one of processes) await one.stop();
      processes = [];
      await suite.stop();
    });

    const rescued = () => rescueFiles(suite.database);
    const startProcess = async (settings: HostProcessSettings = {}) => {
      const started = await startHostProcess(suite, settings);
      processes.push(started);
      return started;
    };

    it(
      'F4: after an outage longer than any claim, nobody spends the token whose successor another process still holds',
      async () => {
        const holder = await startProcess({ flock: { renewal: { storeBudgetMs: 60_000 } } });
        const token = await suite.tokens.getAccessToken(connection.id);
        await holder.ask('get', { ref: connection.id });
        const held = suite.sandbox.faults.add({ on: 'token.refresh', fault: { kind: 'hold' } });
        holder
          .ask('get', { ref: connection.id, options: { rejected: token } })
          .catch(() => undefined);
        await held.reached;
        await server.kill();
        held.release();
        await until(() => rescued().length === 1);
        // It does not notice at once that the store is back.
        holder.signal('SIGSTOP');
        const asks = () =>
          failureOf(suite.tokens.getAccessToken(connection.id, { rejected: token }));
        expect(await asks()).toMatchObject({ code: 'provider_unavailable' });
        await server.start();
        // It was away for an hour, by its own clock.
        await suite.database.sql(
          'UPDATE flock_connection SET claim_until = claim_until - 3600000 WHERE claim_id IS NOT NULL',
        );
        expect(await asks()).toMatchObject({ retryable: true });
        expect(refreshCalls(suite)).toHaveLength(1);
        holder.signal('SIGCONT');
        await until(() => rescued().length === 0);
        const fresh = await until(() =>
          suite.tokens.getAccessToken(connection.id, { rejected: token }).catch(() => undefined),
        );
        expect(fresh).not.toBe(token);
        expect(await suite.row(connection.id)).toMatchObject({
          status: 'active',
          token_version: 2,
          unknown_outcomes: 0,
        });
        expect(refreshCalls(suite)).toHaveLength(1);
      },
      LIMIT,
    );

    it(
      'F4: twenty renewals whose store stands still put their results aside side by side, and all are stored',
      async () => {
        const grants = suite.sandbox.flint.issue({ count: 20 });
        const ids = await seedConnections(
          suite,
          grants,
          grants.map(() => randomUUID()),
        );
        const tokens = await Promise.all(ids.map((id) => suite.tokens.getAccessToken(id)));
        const held = suite.sandbox.faults.add({
          on: 'token.refresh',
          times: 20,
          fault: { kind: 'hold' },
        });
        const callers = ids.map((id, index) =>
          suite.tokens
            .getAccessToken(id, { rejected: tokens[index] as string })
            .catch(() => undefined),
        );
        await until(() => held.waiting === 20);
        server.freeze();
        // Lists are read meanwhile, and each waits for a connection, too.
        const readers = Array.from({ length: 300 }, () =>
          suite.connections.find({ owner: randomUUID() }).catch(() => undefined),
        );
        held.release();
        // One after the other, or behind those readers, they would take minutes.
        await until(() => rescued().length === 20);
        server.thaw();
        await Promise.all([...callers, ...readers]);
        await until(() => rescued().length === 0, PATIENCE);
        const rows = await suite.database.sql(
          'SELECT status, token_version, claim_id FROM flock_connection WHERE id <> ?',
          [connection.id],
        );
        expect(rows).toHaveLength(20);
        for (const row of rows) {
          expect({ ...row, token_version: Number(row.token_version) }).toEqual({
            status: 'active',
            token_version: 2,
            claim_id: null,
          });
        }
        expect(refreshCalls(suite)).toHaveLength(20);
      },
      LIMIT,
    );

    it(
      'F10: a process that stands still inside a unit of work holds up the others for seconds, and changes nothing later',
      async () => {
        const stuck = await startProcess();
        const token = await suite.tokens.getAccessToken(connection.id);
        const file = join(suite.database.directory, 'standing-still');
        writeFileSync(file, '');
        await stuck.ask('blockUnit', { whileExists: file });
        const disconnect = stuck.ask('disconnect', { ref: connection.id }).then(
          () => 'done',
          () => 'failed',
        );
        await stuck.said('blocked');
        // The server ends its transaction, and with it the lock.
        const fresh = await until(
          () =>
            suite.tokens.getAccessToken(connection.id, { rejected: token }).catch(() => undefined),
          PATIENCE,
        );
        rmSync(file);
        expect(await disconnect).toBe('failed');
        expect(await suite.row(connection.id)).toMatchObject({ status: 'active' });
        const [answer] = await stuck.ask('get', {
          ref: connection.id,
          options: { rejected: token },
        });
        expect(answer).toEqual({ token: fresh });
        expect(refreshCalls(suite)).toHaveLength(1);
      },
      LIMIT,
    );
  },
);
