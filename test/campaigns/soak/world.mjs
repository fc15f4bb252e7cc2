// The providers, a store, the hosts on it, and the connections between them.
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDatabase } from './database.mjs';
import { DELIVERIES, REFRESH } from './policy.mjs';
import { Process } from './process.mjs';
import { Redis } from './redis.mjs';

/** Nobody listens here: whoever balances load sends each request to a host that lives. */
export const ORIGIN = 'http://localhost:3000';
/** In every token, code and secret, so that a leak is easily found. */
const CANARY = `cnry${randomBytes(6).toString('hex')}`;
/** Ends a replaced refresh token at once; at the others nothing may be lost. */
export const GRACELESS = ['fynd'];
const PREPARED_AT_ONCE = 16;
/** Characters of a host's output. */
const LAST_WORDS = 800;

const FLINT_CALL = { method: 'GET', path: '/v1/orders' };
const SESSION = {
  amount: 10.5,
  customerName: 'Ada Byron',
  customerEmail: 'ada@example.com',
  referenceId: 'soak',
};

export class World {
  /** In the order of their places: the first one is never hurt. */
  hosts = [];
  /** Connections that are there to be used, by id. */
  targets = new Map();
  canary = CANARY;
  webhookSecret = `whsec_${Buffer.from(`${CANARY}${randomUUID()}`).toString('base64')}`;
  /** Hosts that ended although nobody had asked them to. */
  endedByThemselves = [];
  #encryptionKeys = `k1:${randomBytes(32).toString('base64')}`;

  static async create(options) {
    const database = await createDatabase(options.database);
    const world = new World(database, options);
    try {
      await world.#begin();
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  constructor(database, { size, seed, processes, redis }) {
    Object.assign(this, { database, size, seed, processes });
    this.withRedis = redis;
    const folder = (name) => {
      const path = join(database.directory, name);
      mkdirSync(path);
      return path;
    };
    this.outputs = folder('output');
    this.steps = folder('steps');
    this.rescueDir = join(database.directory, 'rescue');
    this.handlers = join(database.directory, 'handlers.log');
  }

  async #begin() {
    this.sandbox = new Process('sandbox.mjs', join(this.outputs, 'sandbox'));
    const { tokenSeconds, fynd, flexPay, flinksPay } = this.size;
    const tokenPrefix = CANARY;
    const range = (count, make) => Array.from({ length: count }, (_, index) => make(index));
    this.fluteKeys = range(this.size.flute, (index) =>
      ['sandbox', 'production'].map((environment) => ({
        clientId: `${environment}-key-${index}`,
        environments: [environment],
      })),
    ).flat();
    this.given = await this.sandbox.ask('start', {
      seed: this.seed,
      graceless: GRACELESS,
      second: `${ORIGIN}/flint/second/oauth/callback`,
      fluteKeys: this.fluteKeys,
      options: {
        flint: {
          accessTokenSeconds: tokenSeconds,
          grace: { kind: 'until_used' },
          tokenPrefix,
          clientSecret: `${CANARY}-flint`,
          merchants: range(this.size.flint, merchant),
        },
        fynd: {
          offlineTokenSeconds: tokenSeconds,
          grace: { kind: 'none' },
          tokenPrefix,
          companies: range(fynd, company),
        },
        flute: { accessTokenSeconds: tokenSeconds, tokenPrefix },
        flexPay: {
          accessTokenSeconds: tokenSeconds,
          tokenPrefix,
          clients: range(flexPay, (index) =>
            ['pre-production', 'production'].map((environment) => ({
              merchant: `payer-${index}`,
              environment,
            })),
          ).flat(),
        },
        flinksPay: {
          tokenPrefix,
          customers: range(flinksPay, (index) => ({ name: `customer-${index}` })),
        },
      },
    });
    if (this.withRedis) this.redis = await Redis.create();
    // The first one makes the tables.
    await this.start(0);
    await Promise.all(range(this.processes - 1, (index) => this.start(index + 1)));
    await this.#connect();
  }

  /** The one that is never hurt. */
  get elder() {
    return this.hosts[0];
  }

  /** Starts the host of one place. */
  async start(place) {
    const output = join(this.outputs, `host-${place}-${randomUUID()}`);
    const process = new Process('host.mjs', output);
    const host = { place, process, url: undefined };
    this.hosts[place] = host;
    void process.exited.then((how) => {
      const { url: served } = host;
      host.url = undefined;
      // One that could not start is started again, and counted as such.
      if (host.doomed || served === undefined) return;
      const last = readFileSync(output, 'utf8').slice(-LAST_WORDS);
      this.endedByThemselves.push(`host ${place} (${process.pid}): ${how}; it said last: ${last}`);
    });
    const port = await process.ask('start', {
      adapter: place % 2 === 0 ? 'express' : 'fastify',
      steps: join(this.steps, `${process.pid}.log`),
      handlers: this.handlers,
      redisUrl: this.redis?.url,
      providers: this.#providers(),
      flock: {
        databaseUrl: await this.database.urlFor(process.pid),
        databasePoolSize: 6,
        dataDir: this.database.directory,
        rescueDir: this.rescueDir,
        encryptionKeys: this.#encryptionKeys,
        installsPerMinute: 100_000,
        renewal: REFRESH,
        deliveries: DELIVERIES,
      },
    });
    await this.#use(process);
    host.url = `http://127.0.0.1:${port}`;
    return host;
  }

  async #use(process) {
    await process.ask('targets', [...this.targets.values()]);
    await process.ask('read', this.size.reads);
  }

  #providers() {
    const { urls, flint, second, fynd, fluteKeys, flexPayClients, customers } = this.given;
    const [flute] = fluteKeys;
    const callback = (path) => `${ORIGIN}/${path}/oauth/callback`;
    return {
      flint: {
        ...flint,
        baseUrl: urls.flint,
        redirectUri: callback('flint'),
        webhookSecrets: [this.webhookSecret],
      },
      second: {
        name: 'second',
        ...second,
        baseUrl: urls.flint,
        redirectUri: callback('flint/second'),
      },
      fynd: { ...fynd, baseUrl: urls.fynd, extensionUrl: ORIGIN, accessModes: ['offline'] },
      flute: {
        clientId: flute.client_id,
        clientSecret: flute.client_secret,
        sandboxTokenUrl: `${urls.flute}/sandbox/oauth2/token`,
        sandboxApiUrl: `${urls.flute}/sandbox`,
        productionTokenUrl: `${urls.flute}/production/oauth2/token`,
        productionApiUrl: `${urls.flute}/production`,
      },
      flexPay: {
        preProductionUrl: `${urls['flex-pay']}/pre-production`,
        productionUrl: `${urls['flex-pay']}/production`,
        merchants: flexPayClients.map(
          ({ merchant: account, environment, clientId, clientSecret }) => ({
            account,
            environment,
            clientId,
            clientSecret,
          }),
        ),
      },
      flinksPay: {
        customers: customers
          .filter(({ name }) => name !== 'default')
          .map(({ name, url, username, password }) => ({
            account: name,
            baseUrl: url,
            username,
            password,
          })),
      },
    };
  }

  /** Grants at the providers, and their connections in the store. */
  async #connect() {
    const { flint, live, second, fynd } = this.size;
    const wanted = [
      ...sequence(flint).map((index) => () => this.#seedFlint(merchantId(index), 'test', false)),
      ...sequence(live).map((index) => () => this.#seedFlint(merchantId(index), 'live', false)),
      ...sequence(second).map((index) => () => this.#seedFlint(merchantId(index), 'test', true)),
      ...sequence(fynd).map((index) => () => this.#seedFynd(index + 1)),
      ...this.fluteKeys.map((key, index) => () => this.#registerFlute(key, Math.floor(index / 2))),
    ].values();
    const work = async () => {
      for (const make of wanted) await make();
    };
    await Promise.all(Array.from({ length: PREPARED_AT_ONCE }, work));
    await this.#findConfigured();
    await this.tellTargets();
  }

  async #seedFlint(merchant, mode, second) {
    const grant = await this.sandbox.ask('issueFlint', { merchant, mode, second });
    const app = second ? 'second' : 'flint';
    const id = await this.elder.process.ask('seed', {
      attemptId: randomUUID(),
      provider: 'flint',
      app,
      account: {
        account: grant.environment_grant_id,
        environment: mode,
        merchant,
        install: grant.partner_app_install_id,
        supersedeKey: `${merchant}/`,
      },
      tokens: { accessToken: grant.access_token, refreshToken: grant.refresh_token },
      scopes: grant.scope,
      lifeMs: grant.expires_in * 1_000,
    });
    this.addFlint({ id, app, merchant, mode, grant: grant.environment_grant_id });
  }

  addFlint({ id, app, merchant, mode, grant }) {
    const base = this.given.urls.flint;
    this.targets.set(id, {
      id,
      provider: 'flint',
      app,
      merchant,
      mode,
      owner: grant,
      base,
      ...FLINT_CALL,
    });
  }

  async #seedFynd(companyId) {
    const issued = await this.sandbox.ask('issueFynd', companyId);
    const account = String(companyId);
    const id = await this.elder.process.ask('seed', {
      attemptId: randomUUID(),
      provider: 'fynd',
      app: 'fynd',
      account: { account, environment: 'default', merchant: account },
      tokens: {
        accessToken: issued.access_token,
        refreshToken: issued.refresh_token,
        code: issued.code,
      },
      scopes: issued.scope.join(' '),
      lifeMs: issued.expires_in * 1_000,
    });
    this.addFynd({ id, companyId });
  }

  addFynd({ id, companyId }) {
    this.targets.set(id, {
      id,
      provider: 'fynd',
      app: 'fynd',
      companyId,
      owner: String(companyId),
      base: this.given.urls.fynd,
      method: 'GET',
      path: `/service/platform/configuration/v1.0/company/${companyId}/application`,
    });
  }

  async #registerFlute({ clientId, environments: [environment] }, index) {
    const { client_secret: clientSecret } = this.given.fluteKeys.find(
      (key) => key.client_id === clientId,
    );
    const account = `merchant-${index}`;
    const id = await this.elder.process.ask('register', {
      provider: 'flute',
      environment,
      account,
      clientId,
      clientSecret,
    });
    this.#addFlute({ id, environment, clientId });
  }

  #addFlute({ id, environment, clientId }) {
    this.targets.set(id, {
      id,
      provider: 'flute',
      app: 'flute',
      owner: `${environment}/${clientId}`,
      base: `${this.given.urls.flute}/${environment}`,
      method: 'GET',
      path: '/v2/customers',
    });
  }

  /** Connections that the hosts made of their configuration. */
  async #findConfigured() {
    const rows = await this.database.sql(
      `SELECT id, provider, environment, account FROM flock_connection
       WHERE provider IN ('flex-pay', 'flinks-pay') OR (provider = 'flute' AND account = 'default')`,
    );
    const { urls, fluteKeys, flexPayClients } = this.given;
    for (const { id, provider, environment, account } of rows) {
      if (provider === 'flute') {
        this.#addFlute({ id, environment, clientId: fluteKeys[0].client_id });
      } else if (provider === 'flex-pay') {
        const client = flexPayClients.find(
          (one) => one.merchant === account && one.environment === environment,
        );
        this.targets.set(id, {
          id,
          provider,
          app: provider,
          owner: `${environment}/${client.clientId}`,
          base: `${urls[provider]}/${environment}`,
          method: 'POST',
          path: '/api/flexpay/v1/marketing/offers',
          body: { integrationId: 'soak', orders: [] },
        });
      } else {
        this.targets.set(id, {
          id,
          provider,
          app: provider,
          owner: account,
          base: `${urls[provider]}/${account}`,
          method: 'POST',
          path: '/api/v1/sessions/initiate',
          body: SESSION,
        });
      }
    }
  }

  /** Every host that answers reads these from now on. */
  async tellTargets() {
    const targets = [...this.targets.values()];
    await Promise.all(
      this.living().map(({ process }) => process.ask('targets', targets).catch(() => undefined)),
    );
  }

  kill(host) {
    host.doomed = true;
    return host.process.kill();
  }

  /** Hosts that take requests. */
  living() {
    return this.hosts.filter(({ url }) => url !== undefined);
  }

  rescueFiles() {
    return existsSync(this.rescueDir) ? readdirSync(this.rescueDir) : [];
  }

  /** What every process has printed, by file. */
  printed() {
    return readdirSync(this.outputs).map((name) => ({
      name,
      text: readFileSync(join(this.outputs, name), 'utf8'),
    }));
  }

  async close() {
    await Promise.all(this.hosts.map((host) => this.kill(host)));
    await this.sandbox?.kill();
    await this.redis?.stop();
    await this.database.drop();
  }
}

const sequence = (count) => Array.from({ length: count }, (_, index) => index);
export const merchantId = (index) => `mer_soak_${index}`;

const merchant = (index) => ({
  merchant_id: merchantId(index),
  name: `Merchant ${index}`,
  onboarded: true,
  environments: [
    { environment_id: `test_soak_${index}`, mode: 'test', name: 'Test' },
    { environment_id: `live_soak_${index}`, mode: 'live', name: 'Live' },
  ],
});

const company = (index) => ({
  company_id: index + 1,
  name: `Company ${index + 1}`,
  users: [
    {
      _id: `user_${index + 1}`,
      name: 'Owner',
      email: `owner@company${index + 1}.example`,
      scopes: ['company/saleschannel', 'company/application/settings', 'company/product'],
    },
  ],
});
