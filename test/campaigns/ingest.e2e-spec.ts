import { poll } from './kill/poll.mjs';
import { Provider } from './ingest/provider.mjs';
import { storm } from './ingest/storm.mjs';
import { World } from './ingest/world.mjs';
import type { Line } from './ingest/world.mjs';
import { DATABASES } from '../support/databases.js';

const COPIES = 1_000;
const DELIVERIES = Number(process.env.FLOCK_INGEST_DELIVERIES ?? 800);
const KILLS = Math.max(4, Math.round(DELIVERIES / 200));
/** Where the random numbers begin. */
const START = process.env.FLOCK_INGEST_START ?? '4711';
/** Only bounds a failing test. */
const LIMIT = 60_000 + DELIVERIES * 40;

const eventIds = (lines: readonly Line[], what: Line['what']) =>
  lines.filter((line) => line.what === what).map(({ eventId }) => eventId);

describe.each(DATABASES)('webhooks that several processes receive on %s', (kind) => {
  describe('two of them', () => {
    let world: World;
    let provider: Provider;

    beforeEach(async () => {
      world = await World.create(kind);
      provider = new Provider(world.webhookSecret);
    });
    afterEach(async () => {
      await provider.close();
      await world.close();
    });

    it(`F46: ${COPIES} copies of one delivery sent at once to two processes: one row, one handler run`, async () => {
      const hosts = [await world.start(), await world.start()];
      const copy = provider.sign({ id: 'msg_once', takesMs: 50 });
      const statuses = await Promise.all(
        Array.from({ length: COPIES }, (_, index) =>
          provider.post(hosts[index % hosts.length]?.url as string, copy),
        ),
      );
      expect(statuses.filter((status) => status !== 200)).toEqual([]);
      await poll(async () => (await world.open()).length === 0, 'the delivery to be handled');
      expect(await world.rows()).toMatchObject([
        { event_id: 'msg_once', status: 'done', attempts: 1 },
      ]);
      expect(world.lines()).toMatchObject([
        { what: 'begin', eventId: 'msg_once', attempt: 1 },
        { what: 'end', eventId: 'msg_once', attempt: 1 },
      ]);
    });

    it('F48: a process that is closed ends and records what its handlers have begun; nothing runs twice', async () => {
      const closing = await world.start();
      const staying = await world.start();
      const ids = Array.from({ length: 60 }, (_, index) => `msg_${index}`);
      const sent = Promise.all(
        ids.map((id, index) =>
          provider.deliver(
            { id, takesMs: 1_000 },
            () => (index % 2 === 0 ? closing : staying).url ?? staying.url,
          ),
        ),
      );
      const begun = () =>
        world.lines().filter(({ what, pid }) => what === 'begin' && pid === closing.pid);
      await poll(() => begun().length > 0, 'a handler of the process to begin');
      const early = world.lines().filter(({ what }) => what === 'end');
      expect(await closing.stop()).toBe(0);
      await sent;
      await poll(async () => (await world.open()).length === 0, 'every delivery to be handled');
      const lines = world.lines();
      expect(early.length).toBeLessThan(ids.length);
      expect(eventIds(lines, 'begin').sort()).toEqual([...ids].sort());
      expect(eventIds(lines, 'end').sort()).toEqual([...ids].sort());
      expect(new Set(lines.map(({ pid }) => pid))).toEqual(new Set([closing.pid, staying.pid]));
      expect(lines.filter(({ attempt }) => attempt !== 1)).toEqual([]);
      const rows = await world.rows();
      expect(rows.filter(({ status, attempts }) => status !== 'done' || attempts !== 1)).toEqual(
        [],
      );
    });

    it('F48: killed between the end of a handler and its commit, the handler runs again and is told so', async () => {
      const victim = await world.start();
      const killed = world.kill(victim, { after: 'end' });
      await provider.deliver({ id: 'msg_twice', takesMs: 100 }, () => victim.url);
      await killed;
      expect(await world.open()).toEqual(['msg_twice']);
      const next = await world.start();
      await poll(async () => (await world.open()).length === 0, 'the delivery to be handled');
      expect(world.lines().map(({ what, pid, attempt }) => [what, pid, attempt])).toEqual([
        ['begin', victim.pid, 1],
        ['end', victim.pid, 1],
        ['killed', victim.pid, 0],
        ['begin', next.pid, 2],
        ['end', next.pid, 2],
      ]);
    });
  });

  it(
    `F48: SIGKILL at random while ${DELIVERIES} deliveries arrive, ${KILLS} times; random numbers from ${START}`,
    async () => {
      const { violations, summary } = await storm({
        kind,
        deliveries: DELIVERIES,
        kills: KILLS,
        start: START,
      });
      expect(violations).toEqual([]);
      expect(summary).toMatchObject({ kills: KILLS, answered: DELIVERIES, rows: DELIVERIES });
      expect(summary.runsCutOffByAKill).toBeGreaterThan(0);
      expect(summary.endedButNotYetRecordedAtAKill).toBeGreaterThan(0);
    },
    LIMIT,
  );
});
