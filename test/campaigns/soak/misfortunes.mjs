// What happens to hosts, database and providers, at random.
import { appendFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { TAKEOVER_MS } from './policy.mjs';

/** How often each of them is drawn. */
const DECK = [
  ...Array(5).fill('kill'),
  ...Array(2).fill('terminate'),
  'stop',
  ...Array(2).fill('cut'),
  'storm',
];
const DOWN_MS = 1_000;
const STORM_MS = [1_500, 3_500];
const REDIS_DOWN_MS = [1_000, 4_000];
/** Longer than any orderly end takes. */
const END_MS = 60_000;
const PROVIDERS = ['flint', 'fynd', 'flute', 'flex-pay', 'flinks-pay'];

export class Misfortunes {
  counts = { kill: 0, terminate: 0, stop: 0, cut: 0, storm: 0, redis: 0 };
  /** When each process was killed, from and until when each was stopped, when the database was cut. */
  kills = [];
  stops = [];
  cuts = [];
  /** What should not have happened. */
  violations = [];
  failedStarts = 0;
  #over = false;
  #underWay = new Set();
  #hurt = new Set();
  /** Drawn from the end: a kill comes first, so that no run is without. */
  #deck = ['kill'];

  constructor(world, random) {
    Object.assign(this, { world, random });
    this.kinds = world.redis === undefined ? DECK : [...DECK, 'redis'];
  }

  async run() {
    const [least, most] = this.world.size.calmMs;
    while (!this.#over) {
      await wait(least + this.random() * (most - least));
      if (this.#over) return;
      if (this.#deck.length === 0) this.#deck = this.#shuffled(this.kinds);
      const kind = this.#deck.pop();
      const work = this[kind]()
        .catch((error) => this.violations.push(`${kind} failed: ${error.message}`))
        .finally(() => this.#underWay.delete(work));
      this.#underWay.add(work);
    }
  }

  /** Everybody is back. */
  async end() {
    this.#over = true;
    await Promise.all(this.#underWay);
  }

  async kill() {
    const host = this.#victim();
    if (host === undefined) return;
    this.counts.kill += 1;
    const { pid } = host.process;
    this.kills.push({ pid, at: Date.now() });
    await this.world.kill(host);
    appendFileSync(this.world.handlers, `killed - ${pid} 0\n`);
    // What it had sent may still be committed.
    await this.world.database.quiet(pid);
    await this.#restart(host);
  }

  async terminate() {
    const host = this.#victim();
    if (host === undefined) return;
    this.counts.terminate += 1;
    host.url = undefined;
    host.doomed = true;
    host.process.signal('SIGTERM');
    const ended = await Promise.race([host.process.exited, wait(END_MS, 'late', { ref: false })]);
    if (ended === 'late') {
      this.violations.push(`a host did not end within ${END_MS} ms after SIGTERM`);
      await host.process.kill();
    } else if (ended !== 'SIGTERM' && ended !== 0) {
      this.violations.push(`a host ended with ${ended} after SIGTERM`);
    }
    await this.#restart(host);
  }

  /** Stands still until another has taken over what it had begun. */
  async stop() {
    const host = this.#victim();
    if (host === undefined) return;
    this.counts.stop += 1;
    const { pid } = host.process;
    const { url } = host;
    const stop = { pid, from: Date.now(), until: Infinity };
    this.stops.push(stop);
    host.url = undefined;
    host.process.signal('SIGSTOP');
    await wait(TAKEOVER_MS + this.random() * 2_000);
    host.process.signal('SIGCONT');
    stop.until = Date.now();
    await host.process.ask('targets', [...this.world.targets.values()]);
    host.url = url;
    this.#hurt.delete(host.place);
  }

  async cut() {
    this.counts.cut += 1;
    this.cuts.push(Date.now());
    await this.world.database.cut();
  }

  async storm() {
    this.counts.storm += 1;
    const provider = PROVIDERS[Math.floor(this.random() * PROVIDERS.length)];
    await this.world.sandbox.ask('storm', provider);
    await this.#waitBetween(STORM_MS);
    await this.world.sandbox.ask('storm', undefined);
  }

  async redis() {
    this.counts.redis += 1;
    await this.world.redis.stop();
    await this.#waitBetween(REDIS_DOWN_MS);
    await this.world.redis.start();
  }

  /** One that stands and is not the elder. */
  #victim() {
    const choice = this.world.living().filter(({ place }) => place !== 0 && !this.#hurt.has(place));
    const host = choice[Math.floor(this.random() * choice.length)];
    if (host !== undefined) this.#hurt.add(host.place);
    return host;
  }

  /** Whoever runs hosts tries again when one does not start, such as while the database is away. */
  async #restart({ place }) {
    await wait(this.random() * DOWN_MS);
    for (let tries = 0; ; tries += 1) {
      try {
        await this.world.start(place);
        break;
      } catch (error) {
        this.failedStarts += 1;
        await this.world.kill(this.world.hosts[place]);
        if (tries === 5) throw error;
      }
    }
    this.#hurt.delete(place);
  }

  #waitBetween([least, most]) {
    return wait(least + this.random() * (most - least));
  }

  #shuffled(list) {
    return list
      .map((one) => [this.random(), one])
      .sort(([a], [b]) => a - b)
      .map(([, one]) => one);
  }
}
