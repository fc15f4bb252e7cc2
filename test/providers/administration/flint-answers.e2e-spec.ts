import type { FlintPartnerApps } from '@nest-flock/flint/administration';
import { inspect } from 'node:util';
import { failureOf } from '../../support/poll.js';
import { startStubFlint } from './stub-flint.js';
import type { StubFlint } from './stub-flint.js';

const APP = { partner_app_id: 'papp_1', client_id: 'fpc_1', name: 'Acme', status: 'asleep' };
const INPUT = {
  name: 'Acme',
  redirectUris: ['https://acme.example/callback'],
  permissionManifest: [
    { permissionId: 'p', title: 'P', description: 'Does p.', requiredScopes: ['a.b.read'] },
  ],
};

describe('answers of Flint that administration cannot go by', () => {
  let world: StubFlint;
  const answer = (body: unknown, status = 200) => {
    world.stub.answer = () => ({ status, body });
  };

  beforeAll(async () => {
    world = await startStubFlint({ developerKey: 'fpk_key', partnerAppId: 'papp_1' });
  });
  afterAll(() => world.stop());
  beforeEach(() => {
    world.stub.calls.length = 0;
  });

  it('an unknown status stays a text', async () => {
    answer({ data: APP });
    expect((await world.partnerApps.getApp()).status).toBe('asleep');
    const grant = { environment_grant_id: 'egrt_1', mode: 'moon', status: 'frozen' };
    const install = { partner_app_install_id: 'pinst_1', merchant_id: 'mer_1', status: 'odd' };
    answer({ data: { ...install, environment_grants: [grant] } });
    expect(await world.partnerApps.getInstall('pinst_1')).toMatchObject({
      status: 'odd',
      environmentGrants: [{ mode: 'moon', status: 'frozen' }],
    });
  });

  it.each<[string, unknown]>([
    ['HTML', '<html>'],
    ['no data', {}],
    ['a list', { data: [APP] }],
    ['no id', { data: { ...APP, partner_app_id: undefined } }],
    ['an id that is none', { data: { ...APP, client_id: '../..' } }],
    ['another app', { data: { ...APP, partner_app_id: 'papp_2' } }],
  ])('an app as %s: provider_unavailable', async (_what, body) => {
    answer(body);
    expect((await failureOf(world.partnerApps.getApp())).code).toBe('provider_unavailable');
  });

  it('an install with a grant without an id is not read as one with fewer grants', async () => {
    const install = { partner_app_install_id: 'pinst_1', merchant_id: 'mer_1' };
    answer({ data: { ...install, environment_grants: [{ mode: 'test' }] } });
    const error = await failureOf(world.partnerApps.getInstall('pinst_1'));
    expect(error.code).toBe('provider_unavailable');
  });

  it.each<[string, unknown, string | undefined]>([
    ['of the install', { error: { code: 'PARTNER_APP_INSTALL_NOT_FOUND' } }, undefined],
    ['of the app', { error: { code: 'PARTNER_APP_NOT_FOUND' } }, 'provider_refused'],
    ['of who knows what', { error: { code: 'RESOURCE_NOT_FOUND' } }, 'provider_refused'],
    ['of a proxy', '<html>404</html>', 'provider_refused'],
    ['of another server', { error: 'not_found' }, 'provider_refused'],
  ])(
    'P52: a 404 %s: the install counts as gone only if Flint says so',
    async (_what, body, code) => {
      answer(body, 404);
      const found = world.partnerApps.getInstall('pinst_1');
      if (code === undefined) expect(await found).toBeUndefined();
      else expect(await failureOf(found)).toMatchObject({ code, providerStatus: 404 });
    },
  );

  it('P52: a 404 of who knows what is about the install where the app is there', async () => {
    world.stub.answer = ({ path }) =>
      path.endsWith('/papp_1')
        ? { status: 200, body: { data: APP } }
        : { status: 404, body: { error: { code: 'RESOURCE_NOT_FOUND' } } };
    expect(await world.partnerApps.getInstall('pinst_1')).toBeUndefined();
    // That ours is there says nothing of another.
    const ofOther = world.partnerApps.getInstall('pinst_1', 'papp_2');
    expect(await failureOf(ofOther)).toMatchObject({
      code: 'provider_refused',
      providerStatus: 404,
    });
  });

  it('P56: a creation that is answered unreadably has probably happened', async () => {
    answer({ data: { name: 'Acme', client_secret: 'fps_secret' } }, 201);
    const unclear = await failureOf(world.partnerApps.createApp(INPUT));
    const [call] = world.stub.calls;
    expect(unclear).toMatchObject({
      code: 'outcome_unknown',
      idempotencyKey: call?.headers['idempotency-key'],
    });
    const repeatable = await failureOf(
      world.partnerApps.createApp(INPUT, { idempotencyKey: 'mine' }),
    );
    expect(repeatable).toMatchObject({ code: 'provider_unavailable', idempotencyKey: 'mine' });
    expect(inspect([unclear, repeatable], { depth: 9 })).not.toContain('fps_secret');
  });

  it('P54: secrets in unexpected places are not handed on with the data', async () => {
    const webhook = { url: 'https://a.example', signing_secret: 'whsec_x' };
    answer({ data: { ...APP, client_secret: 'fps_secret', webhooks: [webhook] } });
    const { data } = await world.partnerApps.getApp();
    expect(data).toEqual({ ...APP, webhooks: [{ url: 'https://a.example' }] });
  });

  it.each([
    ['the same token again', ['one', 'one']],
    ['a circle of tokens', ['one', 'two', 'one']],
  ])('%s ends a list', async (_what, tokens) => {
    let page = 0;
    world.stub.answer = () => ({
      status: 200,
      body: { data: [APP], next_page_token: tokens[page++ % tokens.length] },
    });
    const read = async () => {
      let count = 0;
      for await (const _app of world.partnerApps.everyApp()) count += 1;
      return count;
    };
    expect((await failureOf(read())).code).toBe('provider_unavailable');
    expect(world.stub.calls).toHaveLength(tokens.length);
  });

  it('pages are read as they are asked for, with the token that Flint gave', async () => {
    world.stub.answer = ({ query }) => ({
      status: 200,
      body: {
        data: [{ ...APP, name: query.get('page_token') ?? 'first' }],
        next_page_token: query.has('page_token') ? '' : 'a b/c=&d',
      },
    });
    const names: string[] = [];
    for await (const { name } of world.partnerApps.everyApp({ pageSize: 7 })) {
      names.push(name);
      expect(world.stub.calls).toHaveLength(names.length);
    }
    expect(names).toEqual(['first', 'a b/c=&d']);
    expect(world.stub.calls.map(({ query }) => query.get('page_size'))).toEqual(['7', '7']);
  });

  it.each<[string, (apps: FlintPartnerApps) => Promise<unknown>]>([
    ['pageSize', (apps) => apps.listApps({ pageSize: 101 })],
    ['pageToken', (apps) => apps.listInstalls({ pageToken: '' })],
    ['partnerAppId', (apps) => apps.getApp('../x')],
    ['partnerAppId', (apps) => apps.getApp('..')],
    ['installId', (apps) => apps.getInstall('a/b')],
    ['grantId', (apps) => apps.revokeEnvironmentGrant('pinst_1', '')],
    ['name', (apps) => apps.createApp({ ...INPUT, name: ' ' })],
    ['redirectUris', (apps) => apps.createApp({ ...INPUT, redirectUris: ['/callback'] })],
    ['permissionManifest', (apps) => apps.createApp({ ...INPUT, permissionManifest: [] })],
    [
      'permissionManifest[0].requiredScopes',
      (apps) =>
        apps.createApp({
          ...INPUT,
          permissionManifest: [{ ...INPUT.permissionManifest[0]!, requiredScopes: [] }],
        }),
    ],
    [
      'defaultRequestedPermissions',
      (apps) => apps.createApp({ ...INPUT, defaultRequestedPermissions: ['other'] }),
    ],
    ['patch', (apps) => apps.updateApp('papp_1', {})],
  ])('what %s cannot be is refused before anything is sent', async (field, call) => {
    const error = await failureOf(call(world.partnerApps));
    expect(error.code).toBe('invalid_request');
    expect(error.message).toContain(`"${field}"`);
    expect(world.stub.calls).toEqual([]);
  });

  it('P54: a webhook whose secret cannot be kept is still handed over, with a warning', async () => {
    answer({ data: { webhook_id: 'we_1', url: 'https://a.example', secret: 'whsec_x' } }, 201);
    const webhook = await world.partnerApps.createWebhook({
      url: 'https://a.example',
      sourceType: 'app',
    });
    expect(webhook).toMatchObject({ stored: false });
    expect(webhook.secret?.reveal()).toBe('whsec_x');
    expect(webhook.warnings.join()).toContain('not stored');
    expect(world.logger.lines.join('\n')).toContain('not stored');
    expect(world.logger.lines.join('\n')).not.toContain('whsec_x');
  });
});

describe('several registrations', () => {
  let world: StubFlint;

  beforeAll(async () => {
    world = await startStubFlint(
      { name: 'eu', developerKey: () => 'fpk_eu', partnerAppId: 'papp_1' },
      { name: 'us' },
    );
    world.stub.answer = () => ({ status: 200, body: { data: APP } });
  });
  afterAll(() => world.stop());

  it('of() chooses one, with its own key', async () => {
    await world.partnerApps.of('eu').getApp();
    expect(world.stub.calls.at(-1)?.headers.authorization).toBe('Bearer fpk_eu');
  });

  it('without a name it is not clear which one', async () => {
    expect((await failureOf(world.partnerApps.getApp())).code).toBe('unknown_provider');
    expect((await failureOf(world.partnerApps.of('asia').getApp())).code).toBe('unknown_provider');
  });

  it('one without a developer key says which variable is missing', async () => {
    const error = await failureOf(world.partnerApps.of('us').getApp('papp_1'));
    expect(error.code).toBe('configuration_invalid');
    expect(error.message).toContain('FLINT_US_DEVELOPER_KEY');
  });
});
