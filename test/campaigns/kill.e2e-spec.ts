import type { TokenCall } from '@nest-flock/sandbox';
import { addWeather, killAtRandom, PATIENT, seeded } from './kill/kills.mjs';
import { poll } from './kill/poll.mjs';
import type { Victim } from './kill/processes.mjs';
import { createWorld } from './kill/world.mjs';
import type { DatabaseKind, Grace, Row, Settled, Verdict, World } from './kill/world.mjs';

/** Only bounds a failing test. */
const LIMIT = 300_000;
/** A caller who had left while its process slept would come again, and renew once more. */
const STAYING = { waitMs: LIMIT };
const KILLS = 8;
const SEED = 4711;

const chosen = process.env.TEST_DATABASES?.split(',');
const DATABASES = (
  [
    'sqlite',
    ...(process.env.TEST_POSTGRES_URL === undefined ? [] : (['postgres'] as const)),
    ...(process.env.TEST_MARIADB_URL === undefined ? [] : (['mariadb'] as const)),
  ] satisfies DatabaseKind[]
).filter((kind) => chosen?.includes(kind) ?? true);

/** Where a process dies: at a step of the protocol, or while the provider holds its answer back. */
const DEATHS = {
  claiming: { store: 'works', at: 'claiming' },
  claimed: { store: 'works', at: 'claimed' },
  sending: { store: 'works', at: 'sending' },
  unanswered: { store: 'works', at: undefined },
  answered: { store: 'works', at: 'answered' },
  storing: { store: 'works', at: 'storing' },
  stored: { store: 'works', at: 'stored' },
  rescuing: { store: 'refuses', at: 'rescuing' },
  rescued: { store: 'refuses', at: 'rescued' },
  'rescued from a locked store': { store: 'is locked', at: 'rescued' },
} as const;
type Death = keyof typeof DEATHS;

/** What was found right after the death, and what a clean process made of it. */
interface Story {
  readonly id: string;
  readonly dead: Row;
  /** Calls of the token endpoint before the death. */
  readonly calls: readonly TokenCall[];
  readonly files: readonly string[];
  after: Row;
  outcome: Settled;
  /** Every call there was in the end. */
  allCalls: readonly TokenCall[];
  events: readonly string[];
}

class Scene {
  readonly stories = new Map<Death, Story>();
  verdict: Verdict;

  private constructor(
    readonly world: World,
    private readonly deaths: readonly Death[],
  ) {}

  /** Kills one process for each death, each with a connection of its own; then a clean one recovers. */
  static async play(database: DatabaseKind, grace: Grace, deaths: readonly Death[]) {
    const world = await createWorld({ database, grace });
    const scene = new Scene(world, deaths);
    try {
      await world.connect(deaths.length);
      await scene.killAll('works');
      await world.database.refuseTokens();
      await scene.killAll('refuses');
      await world.database.acceptTokens();
      await scene.killAll('is locked');
      await scene.recover();
      return scene;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  story(death: Death): Story {
    return this.stories.get(death) as Story;
  }

  private async killAll(store: 'works' | 'refuses' | 'is locked'): Promise<void> {
    const doomed = this.deaths.filter((death) => DEATHS[death].store === store);
    const victims = await Promise.all(doomed.map((death) => this.kill(death)));
    for (const [index, death] of doomed.entries()) {
      await this.world.autopsy(victims[index] as Victim);
      const id = this.idOf(death);
      const dead = await this.world.row(id);
      // The sandbox sees the client leave.
      await poll(
        () => this.world.grantCalls(dead.account).every(({ endedAt }) => endedAt !== undefined),
        'the calls of a dead process to end',
      );
      const calls = this.world.grantCalls(dead.account).map((call) => ({ ...call }));
      const files = this.world.rescueFiles().filter((name) => name.includes(String(dead.claim_id)));
      this.stories.set(death, { id, dead, calls, files } as unknown as Story);
    }
  }

  private async kill(death: Death): Promise<Victim> {
    const { sandbox, database } = this.world;
    const { at, store } = DEATHS[death];
    const id = this.idOf(death);
    const victim = await this.world.start(at === undefined ? {} : { killAt: { step: at } });
    const { account } = await this.world.row(id);
    const holds = at === undefined || store === 'is locked';
    const hold = holds
      ? sandbox.faults.add({
          on: 'token.refresh',
          environment_grant_id: String(account),
          fault: { kind: 'hold' },
        })
      : undefined;
    // The answer to this message may die with the victim.
    victim.ask('renew', [id]).catch(() => undefined);
    await hold?.reached;
    if (at === undefined) {
      await victim.kill();
      return victim;
    }
    if (store === 'is locked') {
      await database.lock();
      hold?.release();
    }
    expect(await victim.exited).toBe('SIGKILL');
    await database.unlock();
    return victim;
  }

  private async recover(): Promise<void> {
    const results = await this.world.settle();
    this.verdict = await this.world.check(results);
    for (const story of this.stories.values()) {
      story.after = await this.world.row(story.id);
      story.outcome = results.find(({ id }) => id === story.id) as Settled;
      story.allCalls = this.world.grantCalls(story.after.account);
      const events = await this.world.events(story.id);
      story.events = events.map(({ action, outcome, reason }) =>
        [action, outcome, ...(reason === null ? [] : [reason])].join(' '),
      );
    }
  }

  private idOf(death: Death): string {
    return this.world.ids[this.deaths.indexOf(death)] as string;
  }
}

/** No rotation was lost: `version` is the stored one in the end, a working token in it. */
function expectAlive({ outcome, after, events }: Story, version: number): void {
  expect(outcome).toMatchObject({ outcome: 'renewed', api: 200 });
  expect({ status: after.status, version: Number(after.token_version) }).toEqual({
    status: 'active',
    version,
  });
  expect(events.filter((event) => event.includes('reauthorization'))).toEqual([]);
}

/** The one token there was died with the process: the merchant is asked, and the audit says why. */
function expectLost({ outcome, after, events }: Story): void {
  expect(outcome.outcome).toBe('reauthorization_required');
  expect(after).toMatchObject({
    status: 'reauthorization_required',
    status_reason: 'rotation_lost',
  });
  expect(events.filter((event) => event.startsWith('renewal'))).toEqual([
    'renewal reauthorization_required rotation_lost',
  ]);
}

const committed = (calls: readonly TokenCall[]) => calls.filter((call) => call.committed).length;
const tokensSpent = (calls: readonly TokenCall[]) =>
  new Set(calls.map((call) => call.token_fingerprint)).size;

describe.each(DATABASES)('processes killed with SIGKILL on %s', (database) => {
  let strict: Scene;
  let lenient: Scene;

  beforeAll(async () => {
    [strict, lenient] = await Promise.all([
      Scene.play(database, 'none', Object.keys(DEATHS) as Death[]),
      Scene.play(database, 'until_used', ['unanswered', 'answered', 'storing', 'rescuing']),
    ]);
  }, LIMIT);
  afterAll(() => Promise.all([strict?.world.close(), lenient?.world.close()]));

  describe('at a provider without any grace', () => {
    const story = (death: Death) => strict.story(death);

    it('F1: before the claim, nothing is left behind', () => {
      expect(story('claiming').dead.claim_id).toBeNull();
      expect(story('claiming').calls).toEqual([]);
      expectAlive(story('claiming'), 2);
    });

    it.each(['claimed', 'sending'] as const)(
      'F1: %s, before the request is sent, the claim ends by itself',
      (death) => {
        expect(story(death).dead.claim_id).not.toBeNull();
        expect(story(death).calls).toEqual([]);
        expectAlive(story(death), 2);
        expect(story(death).allCalls).toHaveLength(1);
      },
    );

    it('F2: after the provider rotated, before the answer arrived, the loss is told as one', () => {
      const { calls, dead } = story('unanswered');
      expect(calls).toMatchObject([{ committed: true, answered: false }]);
      expect(dead).toMatchObject({ status: 'active' });
      expectLost(story('unanswered'));
    });

    it.each(['answered', 'storing'] as const)(
      'F3: %s, the answer received and not stored, the loss is told as one',
      (death) => {
        expect(story(death).calls).toMatchObject([{ committed: true, answered: true }]);
        expectLost(story(death));
        // The old token was tried once more, and not again.
        expect(story(death).allCalls).toHaveLength(2);
      },
    );

    it('F3: after the commit, the stored result counts', () => {
      expect(story('stored').dead.claim_id).toBeNull();
      expect(Number(story('stored').dead.token_version)).toBe(2);
      expectAlive(story('stored'), 3);
    });

    it('F4: the store refuses, killed before the rescue file is on disk, the loss is told as one', () => {
      expect(story('rescuing').files).toEqual([]);
      expectLost(story('rescuing'));
    });

    it.each(['rescued', 'rescued from a locked store'] as const)(
      'F4: %s, the next process stores the rescue file and nothing is lost',
      (death) => {
        const { files, dead, events, allCalls } = story(death);
        expect(files).toHaveLength(1);
        expect(Number(dead.token_version)).toBe(1);
        expectAlive(story(death), 3);
        expect(events).toContain('rescue stored');
        // No token was spent twice.
        expect([committed(allCalls), tokensSpent(allCalls)]).toEqual([2, 2]);
      },
    );

    it('keeps every promise', () => {
      expect(strict.verdict.violations).toEqual([]);
      expect(strict.verdict.lost).toHaveLength(4);
    });
  });

  describe('at a provider that lets a replaced token be used until its successor is', () => {
    it.each([
      ['F2', 'unanswered'],
      ['F3', 'answered'],
      ['F3', 'storing'],
      ['F4', 'rescuing'],
    ] as const)('%s: %s, the same token is sent once more and nothing is lost', (_row, death) => {
      const { calls, allCalls } = lenient.story(death);
      expect(committed(calls)).toBe(1);
      expect([committed(allCalls), tokensSpent(allCalls)]).toEqual([2, 1]);
      expectAlive(lenient.story(death), 2);
    });

    it('keeps every promise', () => {
      expect(lenient.verdict.violations).toEqual([]);
    });

    it(
      'F10: a process that slept through its claim cannot overwrite what another stored',
      async () => {
        const { world } = lenient;
        const [id] = (await world.connect(1)) as [string];
        const sleeper = await world.start({
          killAt: { step: 'storing', signal: 'SIGSTOP' },
          policy: { ...world.policy, ...STAYING },
        });
        const late = sleeper.ask('settle', { ids: [id], concurrency: 1, deadlineMs: LIMIT });
        await poll(
          () => sleeper.steps().some(({ step }) => step === 'storing'),
          'the process to fall asleep',
        );
        const [other] = await world.settle([id]);
        expect(other).toMatchObject({ outcome: 'renewed', api: 200 });
        const stored = await world.row(id);
        process.kill(sleeper.pid, 'SIGCONT');
        // It hands out the token of the other, which works.
        expect(await late).toEqual([{ id, outcome: 'renewed', api: 200 }]);
        await sleeper.stop();
        const { token_set, attempt_id, token_version } = await world.row(id);
        expect({ token_set, attempt_id, token_version }).toEqual({
          token_set: stored.token_set,
          attempt_id: stored.attempt_id,
          token_version: stored.token_version,
        });
        expect(await world.events(id)).toContainEqual({
          action: 'renewal',
          outcome: 'discarded',
          reason: 'active',
        });
        expect(world.sandbox.flint.audit().overlaps).toBe(0);
      },
      LIMIT,
    );
  });

  it.each([
    ['from its claim on', { step: 'claimed', signal: 'SIGSTOP' }],
    ['before it heard of its claim', { statement: 'claim', signal: 'SIGSTOP' }],
  ] as const)(
    'F10: a process that slept %s does not spend what another has renewed',
    async (_since, killAt) => {
      const world = await createWorld({ database, grace: 'until_used' });
      try {
        const ids = await world.connect(1);
        const sleeper = await world.start({ killAt, policy: { ...world.policy, ...STAYING } });
        const late = sleeper.ask('settle', { ids, concurrency: 1, deadlineMs: LIMIT });
        await poll(
          async () => (await world.row(ids[0] as string)).claim_id !== null,
          'the process to fall asleep',
        );
        const [other] = await world.settle();
        expect(other).toMatchObject({ outcome: 'renewed', api: 200 });
        process.kill(sleeper.pid, 'SIGCONT');
        // The token that the other obtained still works: its grant was not revoked for a reuse.
        expect(await late).toMatchObject([{ outcome: 'renewed', api: 200 }]);
        expect(world.sandbox.flint.audit()).toMatchObject({ reuse: 0, overlaps: 0 });
      } finally {
        await world.close();
      }
    },
    LIMIT,
  );

  it(
    'F2: killed right after a connection was marked, the audit still names it',
    async () => {
      const world = await createWorld({ database, grace: 'none' });
      try {
        await world.connect(1);
        for (const killAt of [{ step: 'answered' }, { statement: 'require_reauthorization' }]) {
          const victim = await world.start({ killAt });
          victim.ask('renew', world.ids).catch(() => undefined);
          expect(await victim.exited).toBe('SIGKILL');
          await world.autopsy(victim);
        }
        const { violations } = await world.check(await world.settle());
        expect(violations).toEqual([]);
      } finally {
        await world.close();
      }
    },
    LIMIT,
  );

  it(
    `F1, F2, F3: ${KILLS} kills at random points, half of them without any grace`,
    async () => {
      const campaigns = (['until_used', 'none'] as const).map(async (grace) => {
        const random = seeded(SEED);
        const world = await createWorld({ database, grace, policy: PATIENT });
        try {
          await world.connect(60);
          addWeather(world, random);
          await killAtRandom(world, { kills: KILLS / 2, random, all: false });
          const { violations, summary } = await world.check(await world.settle());
          expect(violations).toEqual([]);
          expect(summary).toMatchObject({ grace, kills: KILLS / 2, overlaps: 0 });
          expect(summary.connectionsKilledInFlight).toBeGreaterThan(0);
        } finally {
          await world.close();
        }
      });
      await Promise.all(campaigns);
    },
    LIMIT,
  );
});
