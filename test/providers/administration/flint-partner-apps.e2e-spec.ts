import { ConnectionService, WebhookSecrets } from '@nest-flock/core';
import { ProviderRegistry } from '@nest-flock/core/provider';
import { FlintApi } from '@nest-flock/flint';
import { FlintPartnerApps } from '@nest-flock/flint/administration';
import type { FlintPartnerAppInput, FlintWebhook } from '@nest-flock/flint/administration';
import { fingerprint, Sandbox } from '@nest-flock/sandbox';
import { inspect } from 'node:util';
import { sqliteDatabase } from '../../support/databases.js';
import type { TestDatabase } from '../../support/databases.js';
import { startHost } from '../../support/host.js';
import type { Host } from '../../support/host.js';
import { NoisyLogger } from '../../support/noisy-logger.js';
import { failureOf, until } from '../../support/poll.js';

const MANIFEST: FlintPartnerAppInput['permissionManifest'] = [
  {
    permissionId: 'manage_orders',
    title: 'Manage orders',
    description: 'Read and update orders.',
    requiredScopes: ['commerce.orders.read', 'commerce.orders.write'],
  },
  {
    permissionId: 'read_customers',
    title: 'Read customers',
    description: 'Read customer records.',
    requiredScopes: ['customers.customers.read'],
    optional: true,
  },
];
const ACME: FlintPartnerAppInput = {
  name: 'Acme OMS',
  appType: 'server',
  visibility: 'private',
  redirectUris: [
    'https://acme.example/flint/oauth/callback',
    'http://localhost:3000/flint/oauth/callback',
  ],
  permissionManifest: MANIFEST,
  defaultRequestedPermissions: ['manage_orders'],
};
const HOOK = 'https://acme.example/flint/webhooks';

describe.each(['guide', '2026-09-07'] as const)(
  'partner apps, webhooks by the contract %s',
  (contract) => {
    let sandbox: Sandbox;
    let database: TestDatabase;
    let host: Host;
    let apps: FlintPartnerApps;
    const logger = new NoisyLogger();
    /** Secrets that Flint has shown. */
    const shown: string[] = [];
    const reveal = (secret: { reveal(): string } | undefined): string => {
      const text = secret?.reveal() ?? '';
      expect(text).not.toBe('');
      shown.push(text);
      return text;
    };
    /** What deliveries to the route are verified with. */
    const secrets = (tenant?: string) =>
      host.app.get(WebhookSecrets).of(host.app.get(ProviderRegistry).get('flint'), tenant);
    const fresh = async () => {
      const { partnerAppId } = await apps.createApp(ACME);
      return partnerAppId;
    };

    beforeAll(async () => {
      sandbox = await Sandbox.start();
      database = await sqliteDatabase();
      host = await startHost({
        sandbox,
        database,
        logger,
        flint: {
          developerKey: sandbox.flint.apiKey,
          partnerAppId: sandbox.flint.app.partner_app_id,
          administration: contract,
        },
      });
      apps = host.app.get(FlintPartnerApps);
    });
    afterAll(async () => {
      await host.close();
      await sandbox.stop();
      await database.drop();
    });
    afterEach(async () => {
      await host.app.get(WebhookSecrets).clear({ provider: 'flint' });
      for (const hook of sandbox.flint.world.webhooks.list()) {
        sandbox.flint.world.webhooks.remove(hook);
      }
    });

    it('P54: creates an app; its secret is shown to who asks, and in no print', async () => {
      const app = await apps.createApp(ACME);
      const secret = reveal(app.clientSecret);
      expect(app).toMatchObject({
        ...ACME,
        status: 'active',
        partnerAppId: expect.stringMatching(/^papp_/) as string,
        clientId: expect.stringMatching(/^fpc_/) as string,
        permissionManifest: [{ ...MANIFEST[0], optional: false }, MANIFEST[1]],
      });
      expect(app.data).toMatchObject({ partner_app_id: app.partnerAppId, name: 'Acme OMS' });
      for (const print of [JSON.stringify(app), inspect(app, { depth: 9, showHidden: true })]) {
        expect(print).not.toContain(secret);
      }
    });

    it('P56: a creation that is repeated with its key makes one app', async () => {
      const key = { idempotencyKey: 'create-once' };
      const first = await apps.createApp(ACME, key);
      const second = await apps.createApp(ACME, key);
      expect(second.partnerAppId).toBe(first.partnerAppId);
    });

    it('lists, page by page or all', async () => {
      for (let count = 0; count < 3; count += 1) await fresh();
      const page = await apps.listApps({ pageSize: 2 });
      expect(page.items).toHaveLength(2);
      const next = await apps.listApps({ pageSize: 2, pageToken: page.nextPageToken });
      expect(next.items[0]?.partnerAppId).not.toBe(page.items[0]?.partnerAppId);
      const ids: string[] = [];
      for await (const { partnerAppId } of apps.everyApp({ pageSize: 2 })) ids.push(partnerAppId);
      expect(ids).toEqual(
        sandbox.flint.world.directory.allApps().map(({ partner_app_id }) => partner_app_id),
      );
    });

    it('reads and changes an app, and gives it another secret', async () => {
      expect((await apps.getApp()).partnerAppId).toBe('papp_sandbox');
      const id = await fresh();
      expect(await apps.updateApp(id, { name: 'Acme 2' })).toMatchObject({
        partnerAppId: id,
        name: 'Acme 2',
        permissionManifest: [{ permissionId: 'manage_orders' }, { permissionId: 'read_customers' }],
      });
      const rotated = await apps.rotateSecret(id);
      const secret = reveal(rotated.clientSecret);
      expect(secret).toBe(sandbox.flint.world.directory.appById(id)?.client_secret);
      expect(inspect(rotated)).not.toContain(secret);
    });

    it('an app that is not there is a 404', async () => {
      const error = await failureOf(apps.getApp('papp_none'));
      expect(error).toMatchObject({
        code: 'provider_refused',
        providerStatus: 404,
        providerCode: 'PARTNER_APP_NOT_FOUND',
      });
    });

    it('P51: a merchant’s call carries the merchant’s token, never the key', async () => {
      await host.install({ merchant: 'mer_acorn' });
      const { connections } = await host.app.get(ConnectionService).find({ merchant: 'mer_acorn' });
      const before = sandbox.flint.apiCalls.length;
      for (const connection of connections) {
        await host.app.get(FlintApi).for(connection).get('/v1/orders');
      }
      const calls = sandbox.flint.apiCalls.slice(before);
      expect(calls.map(({ merchant_id }) => merchant_id)).toEqual(['mer_acorn']);
      const key = fingerprint(sandbox.flint.apiKey);
      expect(calls.map((call) => call.authorization_fingerprint)).not.toContain(key);
      await apps.getApp();
      expect(sandbox.flint.apiCalls.at(-1)?.authorization_fingerprint).toBe(key);
    });

    it('P52: inspects installs; tells one that is not there from every other failure', async () => {
      await host.install({ merchant: 'mer_acorn' });
      await host.install({ merchant: 'mer_birch' });
      const installs = [];
      for await (const install of apps.everyInstall({ pageSize: 1 })) installs.push(install);
      expect(installs.map(({ merchantId }) => merchantId)).toEqual(['mer_acorn', 'mer_birch']);
      const [first] = installs;
      const found = await apps.getInstall(first?.partnerAppInstallId ?? '');
      expect(found).toMatchObject({
        merchantId: 'mer_acorn',
        status: 'active',
        environmentGrants: [{ mode: 'test', status: 'active' }],
      });
      expect(await apps.getInstall('pinst_none')).toBeUndefined();
      const error = await failureOf(apps.listInstalls({ appId: 'papp_none' }));
      expect(error.providerStatus).toBe(404);
      sandbox.faults.add({ on: 'developer', fault: { kind: 'status', status: 503 } });
      const open = await failureOf(apps.getInstall('pinst_none'));
      expect(open).toMatchObject({ code: 'provider_unavailable', retryable: true });
    });

    it('ends a grant, or the install with all its grants', async () => {
      await host.install({ merchant: 'mer_acorn' });
      await host.install({ merchant: 'mer_acorn', mode: 'live' });
      const { items } = await apps.listInstalls();
      const install = items.find(({ environmentGrants }) => environmentGrants.length === 2);
      const id = install?.partnerAppInstallId ?? '';
      const [grant] = install?.environmentGrants ?? [];
      const left = await apps.revokeEnvironmentGrant(id, grant?.environmentGrantId ?? '');
      expect(left.environmentGrants.map(({ status }) => status)).toEqual(['revoked', 'active']);
      const ended = await apps.revokeInstall(id);
      expect(ended).toMatchObject({ status: 'revoked', partnerAppInstallId: id });
      expect(new Set(ended.environmentGrants.map(({ status }) => status))).toEqual(
        new Set(['revoked']),
      );
      // Once more does no harm.
      expect((await apps.revokeInstall(id)).status).toBe('revoked');
      expect((await failureOf(apps.revokeInstall('pinst_none'))).providerStatus).toBe(404);
    });

    it('P54: a webhook of installs: all lifecycle events, its secret is kept sealed', async () => {
      const appId = await fresh();
      const webhook = await apps.createWebhook({ url: HOOK, sourceType: 'app', appId });
      const secret = reveal(webhook.secret);
      expect(webhook).toMatchObject({
        url: HOOK,
        sourceType: 'app',
        eventTypes: [],
        mode: 'both',
        enabled: true,
        stored: true,
        warnings: [],
      });
      expect(await secrets()).toEqual([secret]);
      const rows = await database.sql('SELECT * FROM flock_webhook_secret');
      expect(rows).toHaveLength(1);
      expect(inspect(rows)).not.toContain(secret);
      expect(inspect(webhook)).not.toContain(secret);
      const { webhookId } = webhook;
      const ref = { appId, ...(contract !== 'guide' && { webhookId }) };
      expect(await apps.getWebhook(ref)).toMatchObject({ url: HOOK, sourceType: 'app' });
      await apps.deleteWebhook(ref);
      expect((await failureOf(apps.getWebhook(ref))).providerStatus).toBe(404);
    });

    it('P54: deliveries are verified with the secret that was kept', async () => {
      const tenant = contract === 'guide' ? undefined : 'merchants';
      const created = await apps.createWebhook({
        url: `${host.url}/flint/webhooks${tenant === undefined ? '' : `/${tenant}`}`,
        sourceType: 'installed_merchants',
        mode: 'test',
        eventTypes: ['order.paid'],
        ...(tenant !== undefined && { tenant }),
      });
      shown.push(reveal(created.secret));
      expect(created).toMatchObject({ stored: true });
      const { page } = await host.install({ merchant: 'mer_acorn' });
      expect(page.status).toBe(303);
      const event = { event_type: 'order.paid', merchant_id: 'mer_acorn', mode: 'test' } as const;
      const [delivery] = await sandbox.flint.emit(event);
      const done = await until(
        () => delivery?.attempts.length !== 0 && delivery?.status !== 'pending' && delivery,
      );
      expect(done).toMatchObject({ status: 'delivered' });
    });

    it('P55: a webhook of merchants’ events warns of those that the app never gets', async () => {
      const appId = await fresh();
      const before = logger.lines.length;
      const webhook = await apps.createWebhook({
        url: HOOK,
        appId,
        sourceType: 'installed_merchants',
        mode: 'both',
        eventTypes: [
          'order.payment_succeeded',
          'payment_intent.succeeded',
          'refund.created',
          'dispute.created',
        ],
        store: false,
      });
      shown.push(reveal(webhook.secret));
      expect(webhook).toMatchObject({ mode: 'both', stored: false });
      expect(webhook.warnings).toEqual([
        expect.stringMatching(/^payment_intent.succeeded needs payments.payment_intents.read/),
        expect.stringMatching(/^refund.created needs commerce.refunds.read/),
      ]);
      const logged = logger.lines.slice(before).filter((line) => line.includes('refund.created'));
      expect(logged).toHaveLength(1);
      expect(await secrets()).toEqual([]);
    });

    it.each([
      ['url', { url: 'http://acme.example/hook' }],
      ['url', { url: 'https://user:pw@acme.example/hook' }],
      ['sourceType', { sourceType: 'merchant' as 'app' }],
      ['eventTypes', { eventTypes: undefined }],
      ['eventTypes', { eventTypes: [] }],
      ['eventTypes', { eventTypes: ['partner_app.install.revoked'] }],
      ['mode', { mode: undefined }],
      ['mode', { mode: 'sandbox' as 'test' }],
      ['tenant', { tenant: '../x' }],
    ])('a webhook that breaks the rule of %s is not sent: %j', async (field, change) => {
      const calls = sandbox.flint.apiCalls.length;
      const error = await failureOf(
        apps.createWebhook({
          url: HOOK,
          sourceType: 'installed_merchants',
          mode: 'test',
          eventTypes: ['order.paid'],
          ...change,
        }),
      );
      expect(error.code).toBe('invalid_request');
      expect(error.message).toContain(`"${field}"`);
      expect(sandbox.flint.apiCalls).toHaveLength(calls);
    });

    it('plain http is for this machine, and not in production', async () => {
      const url = 'http://localhost:3000/flint/webhooks';
      const input = { url, sourceType: 'app', appId: await fresh() } as const;
      const before = process.env.NODE_ENV;
      process.env.NODE_ENV = 'production';
      const error = await failureOf(apps.createWebhook(input));
      process.env.NODE_ENV = before;
      expect(error.code).toBe('invalid_request');
      shown.push(reveal((await apps.createWebhook(input)).secret));
    });

    if (contract === 'guide') {
      it('P53: an app has one webhook, whose secret cannot be rotated', async () => {
        const appId = await fresh();
        await apps.createWebhook({ url: HOOK, sourceType: 'app', appId });
        const second = await failureOf(apps.createWebhook({ url: HOOK, sourceType: 'app', appId }));
        expect(second).toMatchObject({
          code: 'provider_refused',
          providerCode: 'RESOURCE_LIMIT_EXCEEDED',
        });
        const error = await failureOf(apps.rotateWebhookSecret('we_1'));
        expect(error.code).toBe('invalid_request');
      });

      it('lists the one webhook, or none; of an unknown app it says nothing', async () => {
        const appId = await fresh();
        expect(await apps.listWebhooks({ appId })).toEqual({ items: [] });
        await apps.createWebhook({ url: HOOK, sourceType: 'app', appId });
        const { items, nextPageToken } = await apps.listWebhooks({ appId });
        expect(items).toMatchObject([{ url: HOOK, sourceType: 'app' }]);
        expect(nextPageToken).toBeUndefined();
        const error = await failureOf(apps.listWebhooks({ appId: 'papp_nobody' }));
        expect(error).toMatchObject({ code: 'provider_refused', providerStatus: 404 });
      });

      it('an answer without the secret says so', async () => {
        sandbox.flint.settings.webhookSecretInAnswer = false;
        const appId = await fresh();
        const webhook = await apps.createWebhook({ url: HOOK, sourceType: 'app', appId });
        sandbox.flint.settings.webhookSecretInAnswer = true;
        expect(webhook).toMatchObject({ stored: false });
        expect(webhook.secret).toBeUndefined();
        expect(webhook.warnings.join()).toContain('no secret');
      });
    } else {
      it('P53: two webhooks of an app: the secret of the first goes on', async () => {
        const appId = await fresh();
        const one = await apps.createWebhook({ url: HOOK, sourceType: 'app', appId });
        const two = await apps.createWebhook({
          url: `${HOOK}/merchants`,
          sourceType: 'installed_merchants',
          mode: 'live',
          eventTypes: ['order.paid'],
          appId,
        });
        expect(await secrets()).toEqual([reveal(two.secret), reveal(one.secret)]);
        const [ends] = await database.sql(
          'SELECT expires_at FROM flock_webhook_secret WHERE expires_at IS NOT NULL',
        );
        expect(Number(ends?.expires_at)).toBeGreaterThan(Date.now() + 5 * 365 * 86_400_000);
        const rotated = await apps.rotateWebhookSecret(one.webhookId ?? '', { appId });
        expect(rotated.warnings.join()).toContain('several webhooks');
        shown.push(reveal(rotated.secret));
      });

      it('lists the webhooks of an app, page after page', async () => {
        const appId = await fresh();
        expect(await apps.listWebhooks({ appId })).toEqual({ items: [] });
        const urls = [`${HOOK}/1`, `${HOOK}/2`];
        for (const url of urls) await apps.createWebhook({ url, sourceType: 'app', appId });
        const page = await apps.listWebhooks({ appId, pageSize: 1 });
        expect(page.items).toHaveLength(1);
        expect(page.nextPageToken).toBeDefined();
        const all: FlintWebhook[] = [];
        for await (const one of apps.everyWebhook({ appId, pageSize: 1 })) all.push(one);
        expect(all.map(({ url }) => url).sort()).toEqual(urls);
        for (const { webhookId } of all) expect(await apps.getWebhook({ webhookId })).toBeDefined();
      });

      it('P53: with tenants each has its own, and a rotation leaves the others alone', async () => {
        const appId = await fresh();
        const input = { url: HOOK, sourceType: 'app', appId } as const;
        const one = await apps.createWebhook({ ...input, tenant: 'one' });
        const two = await apps.createWebhook({ ...input, tenant: 'two' });
        const rotated = await apps.rotateWebhookSecret(one.webhookId ?? '', { tenant: 'one' });
        expect(rotated).toMatchObject({ stored: true, warnings: [] });
        expect(await secrets('one')).toEqual([reveal(rotated.secret), reveal(one.secret)]);
        expect(await secrets('two')).toEqual([reveal(two.secret)]);
        expect(await secrets()).toEqual([]);
      });
    }

    it('no line of the log holds a secret or the key, and Flint saw no violation', () => {
      const log = logger.lines.join('\n');
      expect(shown.length).toBeGreaterThan(3);
      for (const secret of [...shown, sandbox.flint.apiKey]) expect(log).not.toContain(secret);
      expect(sandbox.flint.violations).toEqual([]);
    });
  },
);
