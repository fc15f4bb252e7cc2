// A provider, a store, connections between them, and the promises that must hold whatever was killed.
import { Sandbox } from '@nest-flock/sandbox';
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createDatabase } from './database.mjs';
import { Victim } from './processes.mjs';

/** Short times; the protocol is the same. Drops never open the circuit: that is another test. */
export const POLICY = {
  // A pause of the machine is no silence.
  httpTimeoutMs: 5_000,
  storeBudgetMs: 1_000,
  rescueGraceMs: 300,
  waitMs: 12_000,
  minIntervalMs: 0,
  backoffBaseMs: 20,
  backoffCapMs: 100,
  spendStopAfter: 1_000_000,
  credentialStopAfter: 1_000_000,
};

/** Grants that go to the installing process in one message. */
const INSTALL_CHUNK = 500;

export async function createWorld({ database = 'sqlite', grace, server, policy }) {
  const sandbox = await Sandbox.start({
    flint: { grace: { kind: grace }, clientId: 'fpc_kill', clientSecret: 'fps_kill' },
  });
  try {
    return new World(sandbox, await createDatabase(database, server), grace, policy);
  } catch (error) {
    await sandbox.stop();
    throw error;
  }
}

export class World {
  /** Ids of all connections. */
  ids = [];
  /** By connection: the claims that were open when their owner was killed. */
  killed = new Map();
  /** Results stored as far as the victims could tell, by connection. */
  stored = new Map();
  victims = new Set();
  violations = [];
  kills = 0;
  flightsKilled = 0;
  /** Grants of which a refresh token was presented again after the provider had replaced it. */
  spentAgain = new Set();
  committed = new Set();
  callsRead = 0;
  /** Results that went into a rescue file because the store was busy for too long. */
  rescued = 0;
  /** The last step that the renewals in flight had taken when they were killed. */
  phases = {};

  constructor(sandbox, database, grace, policy) {
    this.policy = { ...POLICY, ...policy };
    this.sandbox = sandbox;
    this.database = database;
    this.grace = grace;
    this.rescueDir = join(database.directory, 'rescue');
    this.encryptionKeys = `k1:${randomBytes(32).toString('base64')}`;
  }

  /** After so long a dead owner's claim may be taken over. */
  get takeoverMs() {
    const { httpTimeoutMs, storeBudgetMs, rescueGraceMs } = this.policy;
    return httpTimeoutMs + storeBudgetMs + rescueGraceMs;
  }

  /** Starts a process; `loaded` is one that has already loaded its code. */
  async start(overrides = {}, loaded = new Victim()) {
    this.victims.add(loaded);
    return loaded.start({
      databaseUrl: await this.database.urlFor(loaded.pid),
      dataDir: this.database.directory,
      rescueDir: this.rescueDir,
      encryptionKeys: this.encryptionKeys,
      clientId: 'fpc_kill',
      clientSecret: 'fps_kill',
      baseUrl: this.sandbox.flint.url,
      policy: this.policy,
      ...overrides,
    });
  }

  /** Grants at the provider, and their connections in the store. */
  async connect(count) {
    const grants = this.sandbox.flint.issue({ count });
    const process = await this.start();
    const ids = [];
    for (let from = 0; from < grants.length; from += INSTALL_CHUNK) {
      const chunk = grants.slice(from, from + INSTALL_CHUNK);
      const named = chunk.map((grant) => ({ attemptId: randomUUID(), grant }));
      const made = await process.ask('install', named);
      ids.push(...made);
      this.ids.push(...made);
    }
    await process.stop();
    return ids;
  }

  async row(id) {
    const [row] = await this.database.sql('SELECT * FROM flock_connection WHERE id = ?', [id]);
    return row;
  }

  grantCalls(account) {
    return this.sandbox.flint.tokenCalls.filter((call) => call.environment_grant_id === account);
  }

  /** Takes up the calls that have ended, in order: the sandbox keeps only so many. */
  readCalls() {
    const calls = this.sandbox.flint.tokenCalls;
    const from = this.callsRead + 1 - (calls[0]?.id ?? 1);
    for (let index = Math.max(0, from); index < calls.length; index += 1) {
      const { endedAt, committed, environment_grant_id, token_fingerprint } = calls[index];
      if (endedAt === undefined) return;
      if (this.committed.has(token_fingerprint)) this.spentAgain.add(environment_grant_id);
      if (committed) this.committed.add(token_fingerprint);
      this.callsRead += 1;
    }
  }

  /** After a victim's death: which renewals were in flight, and how far each had come. */
  async autopsy(victim) {
    await this.database.quiet(victim.pid);
    const open = await this.database.sql(
      `SELECT id, claim_id, claim_version, token_version FROM flock_connection
       WHERE claim_id IS NOT NULL AND claim_owner LIKE ?`,
      [`%:${victim.pid}:%`],
    );
    const lastStep = new Map();
    for (const { step, connectionId, attemptId } of victim.steps()) {
      lastStep.set(attemptId, step);
      if (step === 'rescued') this.rescued += 1;
      if (step === 'stored') {
        this.stored.set(connectionId, (this.stored.get(connectionId) ?? 0) + 1);
      }
    }
    for (const { id, claim_id, claim_version } of open) {
      const step = lastStep.get(claim_id) ?? 'claiming';
      this.phases[step] = (this.phases[step] ?? 0) + 1;
      const before = this.killed.get(id) ?? [];
      this.killed.set(id, [...before, { version: Number(claim_version), step }]);
    }
    this.readCalls();
    this.kills += 1;
    this.flightsKilled += open.length;
    return open.map(({ id }) => id);
  }

  /** A clean process renews connections, by default all of them, once each. */
  async settle(ids = this.ids) {
    this.sandbox.faults.clear();
    const process = await this.start();
    const results = await process.ask('settle', { ids, concurrency: 64, deadlineMs: 120_000 });
    await process.stop();
    return results;
  }

  events(id) {
    return this.database.sql(
      'SELECT action, outcome, reason FROM flock_event WHERE connection_id = ? ORDER BY at',
      [id],
    );
  }

  rescueFiles() {
    return existsSync(this.rescueDir) ? readdirSync(this.rescueDir) : [];
  }

  /** Every promise. `violations` names each one that was broken, with the connection. */
  async check(results) {
    const violations = [...this.violations];
    const complain = (text) => violations.push(text);
    const rows = await this.database.sql(
      'SELECT id, account, status, status_reason, token_version, claim_id FROM flock_connection',
    );
    const events = await this.database.sql(
      `SELECT connection_id, reason FROM flock_event
       WHERE action = 'renewal' AND outcome = 'reauthorization_required'`,
    );
    const { flint } = this.sandbox;
    const audit = flint.audit();
    this.readCalls();
    const { spentAgain } = this;
    if (this.callsRead < audit.calls) {
      complain(`${audit.calls - this.callsRead} token calls were not seen, or have not ended`);
    }
    if (audit.overlaps > 0) complain(`${audit.overlaps} overlapping spends of one refresh token`);
    const expectable = this.grace === 'none' ? ['rotated_refresh_token_reused'] : [];
    for (const { rule, detail } of flint.violations) {
      if (!expectable.includes(rule)) complain(`the sandbox saw ${rule}: ${detail}`);
    }
    if (results.length !== this.ids.length) {
      complain(`${results.length} of ${this.ids.length} connections were settled`);
    }
    const outcomes = new Map(results.map((result) => [result.id, result]));
    const lost = [];
    for (const row of rows) {
      const { outcome, api } = outcomes.get(row.id) ?? { outcome: 'not settled' };
      const say = (text) => complain(`connection ${row.id}: ${text}`);
      const isLost = row.status === 'reauthorization_required';
      if (isLost) lost.push(row);
      if (outcome !== (isLost ? 'reauthorization_required' : 'renewed')) {
        say(`is ${row.status} in the store, and its renewal ended with ${outcome}`);
      }
      if (!isLost && api !== 200) say(`its token was answered with ${api} by the API`);
      if (row.claim_id !== null) say('still has a claim');
      if (Number(row.token_version) < 1 + (this.stored.get(row.id) ?? 0)) {
        say(
          `${this.stored.get(row.id)} results were stored, the store is at version ${row.token_version}`,
        );
      }
      if (isLost) this.checkLost(row, events, spentAgain, say);
      else if (this.grace === 'none' && spentAgain.has(row.account)) {
        say('a replaced token was spent again, and still it is not marked');
      }
    }
    for (const { connection_id: id } of events) {
      if (!lost.some((row) => row.id === id))
        complain(`connection ${id}: marked in the audit, not in the store`);
    }
    const files = this.rescueFiles();
    if (files.length > 0) complain(`${files.length} rescue files are left: ${files[0]}`);
    return { violations, lost, summary: this.summary(lost, spentAgain) };
  }

  /** A merchant may be asked only if the one token there was died with the process that held it. */
  checkLost(row, events, spentAgain, say) {
    if (this.grace !== 'none')
      return say(`lost (${row.status_reason}) although the provider grants a grace`);
    if (!spentAgain.has(row.account))
      say('lost, but the provider had never replaced the stored token');
    const flights = this.killed.get(row.id) ?? [];
    if (!flights.some(({ version }) => version === Number(row.token_version))) {
      say(`lost, but no renewal of version ${row.token_version} was in flight at a kill`);
    }
    if (row.status_reason !== 'rotation_lost') say(`lost with reason ${row.status_reason}`);
    const named = events.filter((event) => event.connection_id === row.id);
    if (named.length !== 1 || named[0].reason !== 'rotation_lost') {
      say(
        `lost with ${named.length} audit rows (${named.map(({ reason }) => reason).join()}) instead of one`,
      );
    }
  }

  summary(lost, spentAgain) {
    const audit = this.sandbox.flint.audit();
    return {
      database: this.database.kind,
      grace: this.grace,
      connections: this.ids.length,
      kills: this.kills,
      flightsKilled: this.flightsKilled,
      connectionsKilledInFlight: this.killed.size,
      killedAfterStep: this.phases,
      renewalsStored: [...this.stored.values()].reduce((sum, count) => sum + count, 0),
      rotationsCommitted: audit.committed,
      rotationsThatNeverReachedTheStore: spentAgain.size,
      rescueFilesWritten: this.rescued,
      overlaps: audit.overlaps,
      lost: lost.length,
    };
  }

  async close() {
    for (const victim of this.victims) await victim.kill();
    await this.sandbox.stop();
    await this.database.drop();
  }
}
