// Hosts, providers and merchants for a time, with misfortunes; then every promise is checked.
import { setTimeout as wait } from 'node:timers/promises';
import { seeded } from '../kill/kills.mjs';
import { telling } from '../support/telling.mjs';
import { gatherEvidence } from './evidence.mjs';
import { judge } from './judge.mjs';
import { megabytes } from './memory.mjs';
import { Merchants } from './merchants.mjs';
import { Misfortunes } from './misfortunes.mjs';
import { SIZES } from './sizes.mjs';
import { Webhooks } from './webhooks.mjs';
import { World } from './world.mjs';

const LOOK_MS = 10_000;
const USE_DEADLINE_MS = 45_000;

/**
 * @param options `{ seconds, database, processes, seed, size, redis, report }`
 * @returns `{ table, violations, summary }`; `table` rows are `{ name, figure, violations }`
 */
export async function soak({ size = 'full', processes = 4, redis = false, ...options }) {
  const world = await World.create({ ...options, size: SIZES[size], processes, redis });
  try {
    return await new Soak(world, options).run();
  } finally {
    await world.close();
  }
}

class Soak {
  /** `{ host, sandbox, calls }` every ten seconds. */
  memory = [];
  unexpected = new Set();
  used = [];
  unsettled = [];
  /** What is under way when the misfortunes have ended. */
  stage = () => '';

  constructor(world, { seconds, seed, report = () => undefined }) {
    Object.assign(this, { world, seconds, report });
    this.merchants = new Merchants(world, seeded(seed + 1));
    this.misfortunes = new Misfortunes(world, seeded(seed + 2));
    this.webhooks = new Webhooks(world, seeded(seed + 3));
    /** By owner: every connection that ever was its own. */
    this.owners = new Map();
    for (const { id, owner } of world.targets.values()) this.owners.set(owner, [id]);
  }

  async run() {
    const { world, merchants, misfortunes, webhooks } = this;
    try {
      const until = performance.now() + this.seconds * 1_000;
      await world.sandbox.ask('beginWeather');
      const working = Promise.all([merchants.run(), misfortunes.run(), webhooks.run()]);
      await this.#watch(until);
      this.report('the misfortunes end');
      await telling(this.report, () => this.stage(), this.#comeToRest(working));
      const evidence = await gatherEvidence(world, misfortunes);
      const table = judge(this, evidence);
      return {
        table,
        violations: table.flatMap(({ name, violations }) =>
          violations.map((text) => `${name}: ${text}`),
        ),
        summary: this.#summary(evidence),
        evidence,
      };
    } finally {
      await webhooks.close();
    }
  }

  /** Who is hurt or away comes back, what is open is done, and every connection is used once. */
  async #comeToRest(working) {
    const { world, merchants, misfortunes, webhooks } = this;
    this.stage = () => 'hosts and merchants come back';
    await misfortunes.end();
    await world.sandbox.ask('endWeather');
    webhooks.end();
    await merchants.end();
    await working;
    this.stage = () => `${this.unsettled.length} rows, deliveries and rescue files are open`;
    await this.#settle();
    await this.#look();
    this.stage = () => `each of ${world.targets.size} connections is used once`;
    await this.#useAll();
  }

  async #watch(until) {
    for (;;) {
      const left = until - performance.now();
      await wait(Math.max(0, Math.min(LOOK_MS, left)));
      await this.#look();
      if (left <= LOOK_MS) return;
      this.report(this.#progress(until - performance.now()));
    }
  }

  async #look() {
    const { sandbox, elder, hosts } = this.world;
    const [seen, own] = await Promise.all([sandbox.ask('figures'), elder.process.ask('figures')]);
    this.seen = seen;
    this.memory.push({ host: own.rss, sandbox: seen.rss, calls: seen.tokenCalls + seen.apiCalls });
    for (const { url, process } of hosts) {
      if (url === undefined) continue;
      const figures = await process.ask('figures').catch(() => undefined);
      for (const error of figures?.unexpected ?? []) this.unexpected.add(error);
    }
  }

  #progress(left) {
    const { counts } = this.misfortunes;
    const { host, sandbox } = this.memory.at(-1);
    return [
      `${Math.round(left / 1_000)} s left`,
      `${this.seen.tokenCalls} token calls`,
      `${this.seen.apiCalls} API calls`,
      `${this.seen.faults} faults`,
      Object.entries(counts)
        .filter(([, count]) => count > 0)
        .map(([name, count]) => `${count} ${name}`)
        .join(' '),
      `${this.webhooks.answered.size} webhooks`,
      `${this.merchants.counts.installed} installs`,
      `host ${megabytes(host)}, sandbox ${megabytes(sandbox)}`,
    ].join(', ');
  }

  /** Until nothing is due, held or waiting any more. */
  async #settle() {
    const { world } = this;
    const giveUp = performance.now() + world.size.settleMs;
    do {
      this.unsettled = await this.#open();
      if (this.unsettled.length === 0) return;
      await wait(500);
    } while (performance.now() < giveUp);
  }

  async #open() {
    const { database } = this.world;
    // A row that is due this second is renewed in the next one, always anew: what counts is that none waits.
    const rows = await database.sql(
      `SELECT id, provider, claim_id, failure FROM flock_connection WHERE status = 'active' AND
         (due_at <= ? OR claim_until <= ? OR (failures > 0 AND due_at IS NOT NULL))`,
      [Date.now() - 2_500, Date.now()],
    );
    const deliveries = await database.sql(
      "SELECT event_id FROM flock_delivery WHERE status = 'pending'",
    );
    return [
      ...rows.map((row) => `${row.provider} ${row.id}: claim ${row.claim_id}, ${row.failure}`),
      ...deliveries.map(({ event_id }) => `delivery ${event_id}`),
      ...this.world.rescueFiles().map((name) => `rescue file ${name}`),
    ];
  }

  /** One real call with each connection, by hosts that live. */
  async #useAll() {
    const { world } = this;
    const marked = await this.#marked();
    const targets = [...world.targets.values()];
    this.used = targets
      .filter(({ id }) => marked.has(id))
      .map(({ id }) => ({ id, outcome: 'marked' }));
    const living = world.living();
    const shares = living.map((_, place) =>
      targets.filter(({ id }, index) => !marked.has(id) && index % living.length === place),
    );
    const results = await Promise.all(
      living.map(({ process }, place) =>
        process.ask('useAll', { chosen: shares[place], deadlineMs: USE_DEADLINE_MS }),
      ),
    );
    this.used.push(...results.flat());
    // Marked only now, by a renewal that this use began: judged as all marks are.
    const now = await this.#marked();
    for (const one of this.used) {
      if (one.outcome === 'reauthorization_required' && now.has(one.id)) one.outcome = 'marked';
    }
  }

  async #marked() {
    const rows = await this.world.database.sql(
      "SELECT id FROM flock_connection WHERE status <> 'active'",
    );
    return new Set(rows.map(({ id }) => id));
  }

  #summary({ events, connections }) {
    const { misfortunes, merchants, seen, world } = this;
    const renewed = connections.reduce((sum, { token_version }) => sum + Number(token_version), 0);
    return {
      database: world.database.kind,
      connections: world.targets.size,
      tokenVersions: renewed,
      tokenCalls: seen.tokenCalls,
      apiCalls: seen.apiCalls,
      faults: seen.faults,
      misfortunes: misfortunes.counts,
      failedStarts: misfortunes.failedStarts,
      merchants: merchants.counts,
      guardedRequests: merchants.answers,
      unknownOutcomesInTheAudit: events.filter(
        ({ action, outcome }) => action === 'renewal' && outcome === 'unknown',
      ).length,
    };
  }
}
