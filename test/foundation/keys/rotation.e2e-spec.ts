import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { SEALED_TABLES } from '../../../libs/core/src/foundation/sealing/sealed-tables.js';
import { runCommand, startCommand } from '../../support/command.js';
import { ALL_DATABASES } from '../../support/databases.js';
import { startInstance } from '../../support/instance.js';
import type { Instance } from '../../support/instance.js';
import { until } from '../../support/poll.js';
import { seedConnections } from '../../support/seed.js';
import { startSuite } from '../../support/suite.js';
import type { Suite } from '../../support/suite.js';
import { acme, sealOneOfEach } from './one-of-each.js';
import { readSealed } from './sealed-store.js';

/** Only bounds a failing test. */
const LIMIT = 300_000;
const CONNECTIONS = 30;
const KILLS = 2;

const keyOf = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
const OLD = keyOf('2024');
const NEW = keyOf('2025');
/** The new key is there, and the old one seals. */
const DISTRIBUTED = { flock: { encryptionKeys: `${OLD},${NEW}` } };
const USED = { flock: { encryptionKeys: `${NEW},${OLD}` } };
const ALONE = { flock: { encryptionKeys: NEW } };

describe.each(ALL_DATABASES)('rotating keys on %s', (name, open) => {
  let suite: Suite;
  let ids: string[];
  const running: Instance[] = [];

  beforeEach(async () => {
    suite = await startSuite(open, {
      flock: { ...DISTRIBUTED.flock, background: false },
      imports: [acme],
    });
    suite.sandbox.flint.settings.grace = { kind: 'none' };
    const grants = suite.sandbox.flint.issue({ count: CONNECTIONS });
    const attempts = grants.map((_grant, index) => `attempt-${index}`);
    ids = await seedConnections(suite, grants, attempts);
    ids.push((await sealOneOfEach(suite)).id);
  });
  afterEach(async () => {
    for (const instance of running.splice(0)) await instance.stop();
    await suite.stop();
  });

  const start = async (settings: object): Promise<Instance> => {
    const instance = await startInstance(suite, settings);
    running.push(instance);
    return instance;
  };
  const stop = async (instance: Instance) => {
    running.splice(running.indexOf(instance), 1);
    await instance.stop();
  };
  /** Spends every refresh token, some at once, until it is told to stop; resolves with all errors. */
  const renewing = (instance: Instance, mine: readonly string[]) => {
    const state = { stopped: false, rounds: 0 };
    const errors: string[] = [];
    const work = (async () => {
      while (!state.stopped) {
        for (let at = 0; at < mine.length && !state.stopped; at += 4) {
          const chosen = mine.slice(at, at + 4);
          const ends = await Promise.all(
            chosen.map(async (id) => {
              const { tokens } = await instance.getAccessToken(id);
              return instance.getAccessToken(id, 1, { rejected: tokens[0] as string });
            }),
          );
          errors.push(...ends.flatMap((end) => end.errors));
          state.rounds += 1;
        }
      }
      return errors;
    })();
    return {
      state,
      stop: async () => {
        state.stopped = true;
        return work;
      },
    };
  };

  it(
    'F35: reseals everything while old and new configurations renew, killed at random, and loses nothing',
    async () => {
      const before = await readSealed(suite.database, OLD);
      expect(new Set(before.map(({ column }) => column)).size).toBe(
        SEALED_TABLES.flatMap(({ columns }) => columns).length,
      );
      expect(before.every(({ key, opens }) => key === '2024' && opens)).toBe(true);

      const [old, fresh] = await Promise.all([start(DISTRIBUTED), start(USED)]);
      // Both renew all of them, each beginning at another end.
      const [one, other] = [renewing(old, ids), renewing(fresh, [...ids].reverse())];
      let killed = 0;
      for (let kill = 0; kill < KILLS; kill += 1) {
        const slow = ['reseal', '--rows-per-second', '10', '--json'];
        const command = startCommand(suite, USED, ...slow);
        await command.said('begin');
        await wait(Math.random() * 400);
        command.kill('SIGKILL');
        const { end } = await command.ended;
        // On a busy machine one may have come to its end first; 1: the old configuration has sealed since.
        if (end === 'SIGKILL') killed += 1;
        else expect([0, 1]).toContain(end);
      }
      expect(killed).toBeGreaterThan(0);
      // While the old configuration seals, the old key cannot be retired, and the command says so.
      expect(await one.stop()).toEqual([]);
      await stop(old);
      const interrupted = startCommand(suite, USED, 'reseal', '--rows-per-second', '1', '--json');
      await interrupted.said('begin');
      interrupted.kill('SIGINT');
      const { end, events } = await interrupted.ended;
      const first = events.find(({ event }) => event === 'begin');
      if (first?.total !== 0) expect(end).toBe(130);
      const last = await runCommand(suite, USED, 'reseal');
      expect(last).toMatchObject({ end: 0, errors: '' });
      expect(last.events).toContainEqual(
        expect.objectContaining({ id: '2024', values: 0, rescueFiles: 0, state: 'retirable' }),
      );
      expect(await other.stop()).toEqual([]);
      expect(one.state.rounds).toBeGreaterThan(0);

      const after = await readSealed(suite.database, NEW);
      expect(after.filter(({ key, opens }) => key !== '2025' || !opens)).toEqual([]);
      expect(after.length).toBeGreaterThanOrEqual(before.length);
      await stop(fresh);

      const alone = await start(ALONE);
      for (const id of ids) {
        const { tokens } = await alone.getAccessToken(id);
        const renewed = await alone.getAccessToken(id, 1, { rejected: tokens[0] as string });
        expect(renewed.errors).toEqual([]);
        expect(renewed.tokens[0]).not.toBe(tokens[0]);
      }
      expect(suite.sandbox.flint.audit()).toMatchObject({ overlaps: 0, reuse: 0 });
      expect(suite.sandbox.flint.audit().spentMoreThanOnce.size).toBe(0);
      const [{ n } = { n: 0 }] = await suite.database.sql(
        "SELECT COUNT(*) AS n FROM flock_connection WHERE status <> 'active'",
      );
      expect(Number(n)).toBe(0);
    },
    LIMIT,
  );

  it('F35, P22: touches nothing but the sealed value, and nothing twice', async () => {
    const columns = `id, token_version, generation, claim_id, claim_until, due_at, changed_at,
      refreshed_at, expires_at, unknown_outcomes, attempt_id`;
    const read = () => suite.database.sql(`SELECT ${columns} FROM flock_connection ORDER BY id`);
    await suite.database.sql(
      "UPDATE flock_connection SET claim_id = 'held', claim_until = 1, due_at = 99 WHERE id = ?",
      [ids[0]],
    );
    const before = await read();
    expect((await runCommand(suite, USED, 'reseal')).end).toBe(0);
    expect(await read()).toEqual(before);
    const sealed = await readSealed(suite.database, NEW);
    expect(sealed.filter(({ key, opens }) => key !== '2025' || !opens)).toEqual([]);
    // What is done is not done again: so it goes on where it was.
    const { events } = await runCommand(suite, USED, 'reseal');
    expect(events).toContainEqual(expect.objectContaining({ event: 'begin', total: 0 }));
    expect(events).toContainEqual(expect.objectContaining({ event: 'resealed', resealed: 0 }));
  });

  if (name === 'postgres') {
    it('F35: a value that somebody writes while it is resealed stays as they wrote it', async () => {
      const sql = (text: string, values: unknown[] = []) => suite.database.sql(text, values);
      const theirs = randomBytes(100);
      await sql('BEGIN');
      await sql('UPDATE flock_connection SET token_set = ? WHERE id = ?', [theirs, ids[0]]);
      const resealing = runCommand(suite, USED, 'reseal');
      // It has read the value from before, and waits to write.
      await until(async () => {
        const waiting = await sql(
          `SELECT pid FROM pg_locks WHERE NOT granted AND pid IN (SELECT pid FROM pg_locks
             WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database()))`,
        );
        return waiting.length > 0;
      });
      await sql('COMMIT');
      const { events } = await resealing;
      expect(events).toContainEqual(expect.objectContaining({ event: 'resealed', changed: 1 }));
      expect((await suite.row(ids[0] as string)).token_set).toEqual(theirs);
    });
  }

  it('P22: ends with 1 while a rescue file names an older key', async () => {
    const { token_set } = await suite.row(ids[0] as string);
    const attemptId = randomUUID();
    const folder = join(suite.database.directory, 'rescue');
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `elsewhere.1.00000000.${attemptId}.json`);
    const record = { version: 1, kind: 'tokens', attemptId, provider: 'flint', app: 'flint' };
    const data = { token_set: (token_set as Buffer).toString('base64') };
    writeFileSync(file, JSON.stringify({ ...record, connectionId: ids[0], data }));
    const { end, events } = await runCommand(suite, USED, 'reseal');
    expect(end).toBe(1);
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'key', id: '2024', values: 0, rescueFiles: 1 }),
    );
    rmSync(file);
    expect((await runCommand(suite, USED, 'reseal')).end).toBe(0);
  });

  it('P22: counts and lists what it cannot open, leaves it alone, and goes on with the rest', async () => {
    const [broken, moved] = ids as [string, string];
    const [row] = await suite.database.sql('SELECT token_set FROM flock_connection WHERE id = ?', [
      moved,
    ]);
    await suite.database.sql('UPDATE flock_connection SET token_set = ? WHERE id = ?', [
      row?.token_set,
      broken,
    ]);
    const { end, events } = await runCommand(suite, USED, 'reseal');
    expect(end).toBe(1);
    expect(events).toContainEqual({
      event: 'unreadable',
      table: 'flock_connection',
      row: broken,
      column: 'token_set',
    });
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'key', id: '2024', values: 1, state: 'needed' }),
    );
    const left = await readSealed(suite.database, `${NEW},${OLD}`);
    expect(left.filter(({ key }) => key === '2024').map(({ id }) => id)).toEqual([broken]);

    // Without the old key it is not even tried, and the command says what is missing.
    const without = await runCommand(suite, ALONE, 'reseal');
    expect(without.end).toBe(1);
    expect(without.events).toContainEqual(
      expect.objectContaining({ event: 'key', id: '2024', state: 'missing' }),
    );
  });
});
