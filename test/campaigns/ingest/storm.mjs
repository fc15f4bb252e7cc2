// Deliveries arrive, hosts die at random, and in the end everything that was answered was handled.
import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { poll } from '../kill/poll.mjs';
import { telling } from '../support/telling.mjs';
import { Provider } from './provider.mjs';
import { World } from './world.mjs';

const HOSTS = 3;
/** Posts under way at once. */
const SENDERS = 24;
/** How long a handler takes, at most. */
const TAKES_MS = 60;
/** Each sender rests so long after a delivery, at most. */
const REST_MS = 200;
/** Of the answered ones, sent once more. */
const SENT_AGAIN = 0.05;
/** Of the kills, right after a handler has ended: its end is not recorded yet. The first one always. */
const AFTER_AN_END = { share: 0.3, withinMs: 400 };

/** Numbers from 0 to 1, the same for the same start. */
export function randomFrom(start) {
  let number = 0;
  return () =>
    createHash('sha256')
      .update(`${start}/${(number += 1)}`)
      .digest()
      .readUInt32BE() /
    2 ** 32;
}

/** Sends `deliveries` while `kills` hosts die. `violations` names every promise that was broken. */
export async function storm({ kind, deliveries, kills, start, report = () => undefined }) {
  const world = await World.create(kind);
  const provider = new Provider(world.webhookSecret);
  try {
    const found = await new Storm(world, provider, { deliveries, kills, start, report }).run();
    return { ...found, summary: { database: kind, deliveries, start, ...found.summary } };
  } finally {
    await provider.close();
    await world.close();
  }
}

class Storm {
  answered = new Set();
  /** By process: events that were not done with when it was dead. */
  openAtDeath = new Map();
  sentAgain = 0;
  restarts = [];

  constructor(world, provider, settings) {
    Object.assign(this, settings, { world, provider });
    this.random = randomFrom(this.start);
  }

  async run() {
    const began = performance.now();
    const { world } = this;
    // The first one makes the tables.
    await world.start();
    await Promise.all(Array.from({ length: HOSTS - 1 }, () => world.start()));
    await telling(
      this.report,
      () =>
        `${this.answered.size} of ${this.deliveries} answered, ${this.openAtDeath.size} of ${this.kills} kills`,
      Promise.all([this.send(), this.killAll()]),
    );
    this.report(`all ${this.answered.size} answered, ${this.openAtDeath.size} kills`);
    await Promise.all(this.restarts);
    let open = [];
    await telling(
      this.report,
      () => `${open.length} deliveries are not handled yet`,
      poll(
        async () => (open = await world.open()).length === 0,
        'every delivery to be handled',
        60_000,
      ),
    );
    const exits = await Promise.all(world.living().map((host) => host.stop()));
    const violations = await this.check();
    if (exits.some((code) => code !== 0)) violations.push(`hosts ended with ${exits.join()}`);
    const seconds = Math.round((performance.now() - began) / 1_000);
    return { violations, summary: { ...this.counts, seconds } };
  }

  async send() {
    let next = 0;
    const sender = async () => {
      while (next < this.deliveries) {
        const id = `msg_${(next += 1)}`;
        const event = { id, takesMs: Math.round(this.random() * TAKES_MS) };
        await this.provider.deliver(event, () => this.anyHost()?.url);
        this.answered.add(id);
        if (this.random() < SENT_AGAIN) {
          this.sentAgain += 1;
          await this.provider.deliver(event, () => this.anyHost()?.url);
        }
        await wait(this.random() * REST_MS);
      }
    };
    await Promise.all(Array.from({ length: SENDERS }, sender));
  }

  anyHost() {
    const living = this.world.living();
    return living[Math.floor(this.random() * living.length)];
  }

  /** One after the other, spread over the deliveries; each is replaced at once. */
  async killAll() {
    const { world, deliveries, kills } = this;
    for (let kill = 0; kill < kills; kill += 1) {
      const after = Math.floor(((kill + this.random()) / (kills + 1)) * deliveries);
      await poll(() => this.answered.size >= after && world.living().length > 0, 'a kill', 120_000);
      const victim = this.anyHost();
      const { share, withinMs } = AFTER_AN_END;
      const afterAnEnd = this.random() < share ? { after: 'end', withinMs } : {};
      await world.kill(victim, kill === 0 ? { after: 'end' } : afterAnEnd);
      this.openAtDeath.set(victim.pid, new Set(await world.open()));
      const restart = world.start();
      restart.catch(() => undefined);
      this.restarts.push(restart);
    }
  }

  async check() {
    const violations = [];
    const rows = await this.world.rows();
    const byId = new Map(rows.map((row) => [row.event_id, row]));
    if (rows.length !== this.answered.size || byId.size !== rows.length) {
      violations.push(`${rows.length} rows of ${this.answered.size} answered deliveries`);
    }
    const runs = runsOf(this.world.lines(), violations);
    this.counts = {
      kills: this.openAtDeath.size,
      answered: this.answered.size,
      sentAgain: this.sentAgain,
      notAnsweredOrRefused: this.provider.refused,
      rows: rows.length,
      runs: 0,
      runsCutOffByAKill: 0,
      endedButNotYetRecordedAtAKill: 0,
      mostRunsOfOneDelivery: 0,
    };
    for (const id of this.answered) {
      const row = byId.get(id);
      const own = runs.get(id) ?? [];
      const say = (text) => violations.push(`${id}: ${text}`);
      if (row?.status !== 'done') say(`answered, and ${row?.status ?? 'not there'}`);
      if (own.length === 0 || !own.at(-1).ended) say('answered, and its handler never ended');
      for (const [index, run] of own.entries()) this.checkRun(id, run, own[index - 1], say);
      this.counts.runs += own.length;
      this.counts.runsCutOffByAKill += own.filter(({ ended }) => !ended).length;
      this.counts.endedButNotYetRecordedAtAKill += own.filter(({ ended }) => ended).length - 1;
      this.counts.mostRunsOfOneDelivery = Math.max(this.counts.mostRunsOfOneDelivery, own.length);
    }
    return violations;
  }

  /** Again only after the process before had died, with nothing recorded; and the handler is told. */
  checkRun(id, run, before, say) {
    if (before === undefined) return;
    const { pid, ended } = before;
    if (!run.dead.has(pid)) say(`process ${run.pid} began while ${pid} lived, ended: ${ended}`);
    if (run.attempt <= 1) say(`a further run was told attempt ${run.attempt}`);
    if (run.attempt <= before.attempt) say(`attempt ${run.attempt} came after ${before.attempt}`);
    if (!this.openAtDeath.get(pid)?.has(id)) say(`run again after ${pid} had recorded its end`);
  }
}

/** The runs of each event in order, each with the processes that were dead when it began. */
export function runsOf(lines, violations = []) {
  const runs = new Map();
  const dead = new Set();
  for (const { what, eventId, pid, attempt } of lines) {
    const own = runs.get(eventId) ?? [];
    if (what === 'killed') dead.add(pid);
    if (what === 'begin') {
      runs.set(eventId, [...own, { pid, attempt, ended: false, dead: new Set(dead) }]);
    }
    if (what === 'end') {
      const run = own.find((one) => one.pid === pid && one.attempt === attempt && !one.ended);
      if (run === undefined) violations.push(`${eventId}: ${pid} ended what it had not begun`);
      else run.ended = true;
    }
  }
  return runs;
}
