// The emulated providers, in a process that outlives the hosts: its record is the judge.
import { Sandbox } from '@nest-flock/sandbox';
import { seeded } from '../kill/kills.mjs';
import { obey } from './obey.mjs';
import { Weather } from './weather.mjs';

let sandbox;
let weather;
const providers = () => ({
  flint: sandbox.flint,
  fynd: sandbox.fynd,
  flute: sandbox.flute,
  'flex-pay': sandbox.flexPay,
  'flinks-pay': sandbox.flinksPay,
});

obey({
  async start({ options, seed, graceless, second, fluteKeys }) {
    sandbox = await Sandbox.start(options);
    weather = new Weather(sandbox.faults, seeded(seed), graceless);
    const { flint, fynd, flute, flexPay, flinksPay } = sandbox;
    const app = flint.registerApp({ name: 'Second', redirect_uris: [second] });
    for (const key of fluteKeys) flute.addKey(key);
    return {
      urls: Object.fromEntries(Object.entries(providers()).map(([name, { url }]) => [name, url])),
      flint: { clientId: flint.app.client_id, clientSecret: flint.app.client_secret },
      second: { clientId: app.client_id, clientSecret: app.client_secret },
      fynd: {
        clientId: fynd.extension.client_id,
        clientSecret: fynd.extension.client_secret,
        scopes: [...fynd.extension.scopes],
      },
      fluteKeys: flute.keys,
      flexPayClients: flexPay.clients,
      customers: flinksPay.customers.map(({ name, url, username, password }) => ({
        name,
        url,
        username,
        password,
      })),
    };
  },

  /** Grants with their first tokens, without browser and code. */
  issueFlint({ merchant, mode, second }) {
    const app = second ? [...sandbox.flint.world.directory.allApps()].at(-1) : undefined;
    return sandbox.flint.issue({ merchant_id: merchant, mode }, app);
  },
  issueFynd: (company) => sandbox.fynd.issueOffline({ company_id: company }),

  approveFlint: ({ url, merchant }) => sandbox.flint.approve(url, { merchant_id: merchant }),
  approveFynd: (url) => sandbox.fynd.approve(url),
  /** The grants that a merchant has given the first app in one mode and that stand. */
  grants: ({ merchant, mode }) =>
    sandbox.flint.installs
      .filter(
        (install) =>
          install.merchant_id === merchant &&
          install.partner_app_id === sandbox.flint.app.partner_app_id,
      )
      .flatMap((install) => install.environment_grants)
      .filter((grant) => grant.mode === mode && grant.status === 'active')
      .map((grant) => grant.environment_grant_id),
  revokeFlint: (grant) => sandbox.flint.revokeGrant(grant),
  revokeFynd: (company) => void sandbox.fynd.uninstall(company, { post: false }),

  beginWeather: () => weather.begin(),
  storm: (provider) => weather.storm(provider),
  endWeather: () => weather.end(),

  figures() {
    const all = Object.values(providers());
    return {
      tokenCalls: all.reduce((sum, { world }) => sum + world.records.tokenCalls.total, 0),
      apiCalls: all.reduce((sum, { world }) => sum + world.records.apiCalls.total, 0),
      faults: weather.count,
      rss: process.memoryUsage().rss,
    };
  },

  /** What one provider has seen. */
  records(name) {
    const { tokenCalls, apiCalls, violations, world } = providers()[name];
    return {
      tokenCalls: [...tokenCalls],
      apiCalls: [...apiCalls],
      violations: [...violations],
      complete:
        world.records.tokenCalls.total === tokenCalls.length &&
        world.records.apiCalls.total === apiCalls.length,
    };
  },

  async stop() {
    await sandbox.stop();
  },
});
