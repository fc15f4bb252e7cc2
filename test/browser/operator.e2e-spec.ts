import { Sandbox } from '@nest-flock/sandbox';
import { request } from 'node:http';
import { ADAPTERS } from '../support/host.js';
import { CHROMIUM_PATH } from './chromium.js';
import { overflowOnPhone } from './visitor.js';
import { withHost } from './world.js';

jest.setTimeout(180_000);

const suite = CHROMIUM_PATH === undefined ? describe.skip : describe;

const PATHS = [
  '/operator',
  '/operator/deliveries',
  `/operator/deliveries/${'0'.repeat(64)}`,
  '/operator/flint/apps',
  '/operator/flint/apps/papp_sandbox',
];
const PASSWORD = 'correct horse battery';
const basic = (password: string): string =>
  `Basic ${Buffer.from(`operator:${password}`).toString('base64')}`;

suite.each(ADAPTERS)('The operator’s pages, on %s', (adapter) => {
  let sandbox: Sandbox;
  const credentials = async (): Promise<NodeJS.ProcessEnv> => {
    sandbox = await Sandbox.start({ providers: ['flint'] });
    const { app, apiKey, url } = sandbox.flint;
    return {
      FLINT_CLIENT_ID: app.client_id,
      FLINT_CLIENT_SECRET: app.client_secret,
      FLINT_REDIRECT_URI: 'http://localhost:3000/flint/oauth/callback',
      FLINT_BASE_URL: url,
      FLINT_DEVELOPER_KEY: apiKey,
      FLINT_PARTNER_APP_ID: app.partner_app_id,
    };
  };

  describe('without the sandbox', () => {
    const world = withHost(adapter, credentials);
    afterAll(() => sandbox.stop());

    it('are not there, and neither are the sandbox’s buttons', async () => {
      const page = await (await world.arrive()).home();
      await page.getByText('No connection yet.').waitFor();
      expect(await page.getByRole('heading', { name: 'Deliveries' }).count()).toBe(0);
      for (const path of [...PATHS, '/sandbox/order-failure']) {
        expect((await fetch(`${world.host.url}${path}`)).status).toBe(404);
      }
      expect(world.host.log).toContain('OPERATOR_PASSWORD opens it');
    });
  });

  describe('without the sandbox, with a password', () => {
    const world = withHost(adapter, async () => ({
      ...(await credentials()),
      OPERATOR_PASSWORD: PASSWORD,
    }));
    afterAll(() => sandbox.stop());
    const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
      fetch(`${world.host.url}${path}`, { method, headers });

    it('want it, and say so', async () => {
      for (const path of PATHS) {
        for (const headers of [{}, { authorization: basic('wrong') }, { authorization: 'Basic' }]) {
          const answer = await ask(path, headers as Record<string, string>);
          expect(answer.status).toBe(401);
          expect(answer.headers.get('www-authenticate')).toBe('Basic realm="Operator"');
        }
      }
      expect((await ask(PATHS[0] as string, { authorization: basic(PASSWORD) })).status).toBe(200);
      const known = { authorization: basic(PASSWORD) };
      const posted = await ask('/operator/flint/apps', known, 'POST');
      expect(posted.status).toBe(403);
    });

    it('show deliveries and the administration, and no secret', async () => {
      const { context } = await world.arrive();
      await context.setExtraHTTPHeaders({ authorization: basic(PASSWORD) });
      const page = await context.newPage();
      await page.goto(`${world.host.url}/operator`);
      await page.getByText('None yet. Have a provider send').waitFor();
      await page.getByRole('heading', { name: 'Nest Flock sandbox', level: 2 }).waitFor();
      await page.getByText('No webhook: Flint tells this host nothing').waitFor();
      await page.getByRole('button', { name: 'Create the webhook' }).click();
      await page.getByText('Its secret is kept sealed').waitFor();
      expect(await page.getByLabel('Let the order handler fail').count()).toBe(0);
      expect(await overflowOnPhone(page)).toBe(0);
      const shown = (await page.content()) + world.host.log;
      const secrets = [...sandbox.flint.secretsSeen(), PASSWORD];
      expect(secrets.filter((secret) => shown.includes(secret))).toEqual([]);
    });
  });

  describe('with the sandbox', () => {
    const world = withHost(adapter);

    it('are shown under a name of this machine alone', async () => {
      const { port } = new URL(world.host.url);
      const statusAs = (host: string) =>
        new Promise<number | undefined>((resolve, reject) => {
          const options = { host: '127.0.0.1', port, path: '/operator/deliveries' };
          request({ ...options, headers: { host } }, (answer) => {
            answer.resume();
            resolve(answer.statusCode);
          })
            .on('error', reject)
            .end();
        });
      expect(await statusAs(`localhost:${port}`)).toBe(200);
      expect(await statusAs(`rebound.example:${port}`)).toBe(404);
    });
  });
});
