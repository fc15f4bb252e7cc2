// Hosts that share one database, and what their handlers have written down.
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createDatabase } from '../kill/database.mjs';

/** Short times; the protocol is the same. A lease outlasts the pauses of a busy machine. */
const DELIVERIES = { leaseMs: 6_000, retryBaseMs: 50, retryCapMs: 500 };

class Host {
  /** Undefined until it listens, and again when it is dead. */
  url;
  errors = '';

  constructor(config) {
    this.child = fork(join(process.cwd(), 'test', 'campaigns', 'ingest', 'host.mjs'), [], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
    });
    this.child.stderr.on('data', (text) => (this.errors += text));
    this.exited = new Promise((resolve) =>
      this.child.once('exit', (code, signal) => {
        this.url = undefined;
        resolve(signal ?? code);
      }),
    );
    this.listening = new Promise((resolve, reject) => {
      this.child.once('message', ({ listening }) => {
        this.url = `http://127.0.0.1:${listening}`;
        resolve();
      });
      void this.exited.then((how) =>
        reject(new Error(`The host ended (${how}). ${this.errors.slice(0, 2_000)}`)),
      );
    });
    this.listening.catch(() => undefined);
    void config(this.child.pid).then((begin) => this.child.send({ begin }));
  }

  get pid() {
    return this.child.pid;
  }

  /**
   * As `kill -9` from outside; or by itself right after the next `begin` or `end` of a handler, and
   * from outside if it has written none by then.
   */
  async kill({ after, withinMs = 20_000 } = {}) {
    if (after !== undefined) {
      this.child.send({ dieAfter: after });
      await Promise.race([this.exited, wait(withinMs, undefined, { ref: false })]);
    }
    this.url = undefined;
    this.child.kill('SIGKILL');
    return this.exited;
  }

  /** An orderly end, `app.close()`. Answers the exit code. */
  stop() {
    this.child.send({ close: true });
    return this.exited;
  }
}

export class World {
  hosts = new Set();
  webhookSecret = `whsec_${randomBytes(32).toString('base64')}`;
  #encryptionKeys = `k1:${randomBytes(32).toString('base64')}`;
  #started = 0;

  static async create(kind) {
    return new World(await createDatabase(kind));
  }

  constructor(database) {
    this.database = database;
    this.log = join(database.directory, 'handlers.log');
  }

  /** Resolves when it listens. Every second one is on Fastify. */
  async start(deliveries) {
    const adapter = this.#started++ % 2 === 0 ? 'express' : 'fastify';
    const host = new Host(async (pid) => ({
      adapter,
      log: this.log,
      webhookSecret: this.webhookSecret,
      flock: {
        databaseUrl: await this.database.urlFor(pid),
        dataDir: this.database.directory,
        encryptionKeys: this.#encryptionKeys,
        deliveries: { ...DELIVERIES, ...deliveries },
      },
    }));
    this.hosts.add(host);
    void host.exited.then(() => this.hosts.delete(host));
    await host.listening;
    return host;
  }

  living() {
    return [...this.hosts].filter(({ url }) => url !== undefined);
  }

  /** Writes the death down among the lines of the handlers, in the order of time. */
  async kill(host, how) {
    await host.kill(how);
    appendFileSync(this.log, `killed - ${host.pid} 0\n`);
    // What it had sent may still be committed.
    await this.database.quiet(host.pid);
  }

  /** What was written down, in the order of time. */
  lines() {
    if (!existsSync(this.log)) return [];
    const lines = readFileSync(this.log, 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => {
      const [what, eventId, pid, attempt] = line.split(' ');
      return { what, eventId, pid: Number(pid), attempt: Number(attempt) };
    });
  }

  rows() {
    return this.database.sql(
      'SELECT event_id, status, attempts, handlers, claim_id FROM flock_delivery',
    );
  }

  /** Ids of events that are not done with. */
  async open() {
    const rows = await this.database.sql(
      "SELECT event_id FROM flock_delivery WHERE status = 'pending'",
    );
    return rows.map(({ event_id }) => event_id);
  }

  async close() {
    for (const host of [...this.hosts]) await host.kill();
    await this.database.drop();
  }
}
