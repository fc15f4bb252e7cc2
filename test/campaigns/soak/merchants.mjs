// What merchants do all the time: install, install again, leave, come back, withdraw the grant at the
// provider, and use the host with their session.
import { setTimeout as wait } from 'node:timers/promises';
import { Browser } from './browser.mjs';

const MOST_SESSIONS = 30;
const AWAY_MS = 3_000;
const AGAIN_MS = 500;
/** Of the requests with a session, how many name somebody else's connection. */
const HOSTILE = 0.2;
const REQUEST_EVERY_MS = 120;

export class Merchants {
  /** Owners whose grant was withdrawn at the provider, with the time of the first one. */
  withdrawn = new Map();
  /** Ids of connections whose end was asked for. */
  disconnected = new Set();
  counts = { installed: 0, installsTriedAgain: 0, disconnected: 0, withdrawn: 0 };
  answers = {};
  #sessions = [];
  #busy = new Set();
  #underWay = new Set();
  #over = false;

  constructor(world, random) {
    Object.assign(this, { world, random });
  }

  run() {
    return Promise.all([this.#act(), this.#request()]);
  }

  /** Who is away comes back. */
  async end() {
    this.#over = true;
    await Promise.all(this.#underWay);
  }

  async #act() {
    const [least, most] = this.world.size.merchantMs;
    while (!this.#over) {
      await wait(least + this.random() * (most - least));
      if (this.#over) return;
      const target = (await this.#lost()) ?? this.#any();
      if (target === undefined) continue;
      this.#busy.add(keyOf(target));
      const work = this.#live(target).finally(() => {
        this.#busy.delete(keyOf(target));
        this.#underWay.delete(work);
      });
      this.#underWay.add(work);
    }
  }

  /** A merchant whose connection can be installed by HTTP and with whom nothing is going on. */
  #any() {
    const choice = [...this.world.targets.values()].filter(
      (target) =>
        (target.provider === 'fynd' || target.app === 'flint') && !this.#busy.has(keyOf(target)),
    );
    return choice[Math.floor(this.random() * choice.length)];
  }

  /** One who has to install again because a rotation was lost where there is no grace. */
  async #lost() {
    const rows = await this.world.database.sql(
      "SELECT id FROM flock_connection WHERE status = 'reauthorization_required' AND provider = 'fynd'",
    );
    return rows
      .map(({ id }) => this.world.targets.get(id))
      .find((target) => target !== undefined && !this.#busy.has(keyOf(target)));
  }

  async #live(target) {
    const choice = this.random();
    if (choice < 0.3) await this.#disconnect(target);
    else if (choice < 0.6) await this.#withdraw(target);
    if (choice < 0.6) await wait(this.random() * AWAY_MS);
    await this.#install(target);
  }

  async #disconnect({ id }) {
    this.disconnected.add(id);
    this.counts.disconnected += 1;
    for (;;) {
      const host = this.#anyHost();
      const done = await host?.process.ask('disconnect', id).then(
        () => true,
        () => false,
      );
      if (done) return;
      await wait(AGAIN_MS);
    }
  }

  async #withdraw(target) {
    const { provider, owner, companyId } = target;
    if (!this.withdrawn.has(owner)) this.withdrawn.set(owner, Date.now());
    this.counts.withdrawn += 1;
    if (provider === 'fynd') await this.world.sandbox.ask('revokeFynd', companyId);
    else await this.world.sandbox.ask('revokeFlint', owner);
  }

  /** Again until it has worked, as a merchant does. */
  async #install(target) {
    for (;;) {
      const browser = new Browser(() => this.#anyHost());
      const done = await this.#tryInstall(browser, target).catch(() => false);
      if (done) return this.#installed(browser, target);
      this.counts.installsTriedAgain += 1;
      await wait(AGAIN_MS);
    }
  }

  async #tryInstall(browser, { provider, companyId, merchant, mode }) {
    const { sandbox, given } = this.world;
    const fynd = provider === 'fynd';
    const start = await browser.open(
      fynd
        ? `/fp/install?company_id=${companyId}&client_id=${given.fynd.clientId}`
        : `/flint/install?mode=${mode}`,
    );
    if (start.location === undefined) return false;
    const callback = await (fynd
      ? sandbox.ask('approveFynd', start.location)
      : sandbox.ask('approveFlint', { url: start.location, merchant }));
    return (await browser.open(callback)).status === 303;
  }

  async #installed(browser, target) {
    const { world } = this;
    this.counts.installed += 1;
    if (target.provider === 'fynd') return;
    const { merchant, mode } = target;
    // Whose it is now is the provider's word.
    const [grant] = await world.sandbox.ask('grants', { merchant, mode });
    const [row] = await world.database.sql(
      "SELECT id FROM flock_connection WHERE provider = 'flint' AND app = 'flint' AND account = ?",
      [grant],
    );
    if (row.id !== target.id) world.targets.delete(target.id);
    world.addFlint({ id: row.id, app: 'flint', merchant, mode, grant });
    await world.tellTargets();
    this.#sessions.push({ browser, owner: grant, id: row.id });
    if (this.#sessions.length > MOST_SESSIONS) this.#sessions.shift();
  }

  async #request() {
    while (!this.#over) {
      await wait(REQUEST_EVERY_MS);
      const session = this.#pick(this.#sessions);
      if (session === undefined) continue;
      const hostile = this.random() < HOSTILE;
      const other = this.#pick([...this.world.targets.keys()]);
      const headers = {
        accept: 'application/json',
        'x-meant-for': session.owner,
        ...(hostile && { 'x-connection-id': other }),
      };
      const status = await session.browser.open('/orders', headers).then(
        (page) => page.status,
        () => 'no answer',
      );
      const foreign = hostile && other !== session.id;
      const key = foreign ? `foreign ${status}` : status;
      this.answers[key] = (this.answers[key] ?? 0) + 1;
      // The connection was ended, or installed again by another browser.
      if (!foreign && (status === 401 || status === 403)) {
        this.#sessions = this.#sessions.filter((one) => one !== session);
      }
    }
  }

  #pick(list) {
    return list[Math.floor(this.random() * list.length)];
  }

  #anyHost() {
    return this.#pick(this.world.living());
  }
}

const keyOf = ({ provider, companyId, merchant, mode }) =>
  `${provider} ${companyId ?? merchant} ${mode}`;
