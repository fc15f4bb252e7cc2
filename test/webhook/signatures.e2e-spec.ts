import { FlockHealthIndicator, WebhookSecrets } from '@nest-flock/core';
import { FlintModule } from '@nest-flock/flint';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { Deployment } from '../../libs/core/src/foundation/deployment/deployment.js';
import { DeliveryStore } from '../../libs/core/src/inbox/delivery.store.js';
import { driveMonotonicClock } from '../support/clock.js';
import type { DrivenClock } from '../support/clock.js';
import { sqliteDatabase } from '../support/databases.js';
import type { TestDatabase } from '../support/databases.js';
import { Agent, request } from 'undici';
import { ADAPTERS } from '../support/host.js';
import { NoisyLogger } from '../support/noisy-logger.js';
import { failureOf, until } from '../support/poll.js';
import {
  flinksPay,
  flintLegacy,
  flute,
  fynd,
  openssl,
  standard,
  whsec,
} from './support/signers.js';
import type { Signed } from './support/signers.js';
import { SECRETS, startWebhookHost } from './support/webhook-host.js';
import type { WebhookHost } from './support/webhook-host.js';

/** Bodies that re-serialising would change: numbers, escapes, order, spaces, a long number. */
const ODD = [
  '{"event_type":"order.paid","amount":1.0,"n":1e2}',
  '{ "event_type" : "order.paid", "name":"caf\\u00e9 \\ud83d\\ude00 é", "a/b":"\\/" }',
  '{"z":1,"event_type":"order.paid","a":2,"z":3,"big":12345678901234567890}',
  '{\n\t"event_type": "order.paid"\r\n}\n',
];

/** The headers of each door: the signature's, and perhaps the id's and the time's. */
const HEADERS: readonly (readonly [door: string, signature: string, id?: string, time?: string])[] =
  [
    ['/flint/webhooks', 'webhook-signature', 'webhook-id', 'webhook-timestamp'],
    ['/flute/webhooks', 'flute-webhook-signature', 'flute-webhook-id', 'flute-webhook-timestamp'],
    ['/fp/webhooks', 'x-fp-signature', 'x-fp-event-id'],
    ['/flinks-pay/webhooks', 'x-webhook-signature'],
    ['/flinks-pay/webhooks', 'x-flinks-signature'],
    ['/flinks-pay/webhooks', 'flinks-authenticity-key'],
  ];

const event = (type = 'order.paid', more: object = {}) =>
  JSON.stringify({
    webhook_event_id: `whev_${randomUUID()}`,
    event_type: type,
    created_at: new Date().toISOString(),
    data: {},
    ...more,
  });

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

describe.each(ADAPTERS)('signatures of webhooks on %s', (adapter) => {
  let database: TestDatabase;
  let host: WebhookHost;

  beforeAll(async () => {
    database = await sqliteDatabase();
    host = await startWebhookHost(database, { adapter });
  });
  afterAll(async () => {
    await host.close();
    await database.drop();
  });

  const forms: [string, string, (body: string) => Signed][] = [
    ['Flint', '/flint/webhooks', (body) => standard(body, SECRETS.flint)],
    ['Flint, older secret', '/flint/webhooks', (body) => standard(body, SECRETS.flintOlder)],
    ['Flute', '/flute/webhooks', (body) => flute(body, SECRETS.flute)],
    ['Fynd', '/fp/webhooks', (body) => fynd(body, SECRETS.fynd)],
    ...Object.entries(flinksPay).map(([form, sign]): [string, string, (body: string) => Signed] => [
      `FlinksPay ${form}`,
      '/flinks-pay/webhooks',
      (body) => sign(body, SECRETS.flinksPay),
    ]),
  ];

  describe.each(forms)('%s', (form, path, sign) => {
    it.each(ODD)('S27: over the bytes that arrived: %s', async (body) => {
      // FlinksPay has no id: each form sends a body of its own.
      const own = `${body}${' '.repeat(form.length)}`;
      const answer = await host.post(path, sign(own));
      expect([answer.status, answer.body]).toEqual([200, '{"received":true}']);
      const heard = await until(() => host.heard.all.find(({ rawBody }) => rawBody === own));
      expect(heard.attempt).toBe(1);
    });

    it('S27: refuses another body, another secret and none, and repeats nothing of it', async () => {
      const signed = sign('{"event_type":"canary-9f3"}');
      const [name] = Object.keys(signed.headers).filter((header) => /signature|key/.test(header));
      const other = sign('{"event_type":"canary-9f4"}');
      const answers = [
        await host.post(path, { ...signed, body: '{"event_type":"canary-9f3" }' }),
        await host.post(path, {
          body: signed.body,
          headers: { ...signed.headers, [name as string]: other.headers[name as string] as string },
        }),
        await host.post(path, { body: signed.body, headers: {} }),
        // Not looked into: else it would be malformed.
        await host.post(path, { ...signed, body: '["canary-9f3"]' }),
      ];
      expect(answers.map(({ status }) => status)).toEqual([401, 401, 400, 401]);
      for (const { body, headers } of answers) {
        expect(body).not.toMatch(/canary/);
        expect(headers['content-type']).toMatch(/^application\/problem\+json/);
      }
      expect(JSON.parse(answers[0]?.body ?? '')).toMatchObject({
        code: 'webhook_signature_invalid',
        retryable: false,
      });
      expect(JSON.parse(answers[2]?.body ?? '')).toMatchObject({ code: 'webhook_unsigned' });
    });

    it('S27: takes the documented form and no other', async () => {
      const { body, headers } = sign('{"event_type":"order.paid","in":"another form"}');
      const [, name = '', id = '', time = ''] =
        HEADERS.find(([door, one]) => door === path && one in headers) ?? [];
      const [, prefix, mac = ''] = /^(v1,|sha256=)?(.+)$/.exec(headers[name] as string) ?? [];
      const isHex = /^[0-9a-f]{64}$/i.test(mac);
      const otherwise = Buffer.from(mac, isHex ? 'hex' : 'base64').toString(
        isHex ? 'base64' : 'hex',
      );
      const signatures = [
        `${prefix ?? ''}${otherwise}`,
        otherwise,
        `v2,${mac}`,
        `sha512=${mac}`,
        `${prefix ?? ''}${mac.slice(0, 32)}`,
        prefix === undefined ? `v1,${mac}` : mac,
      ];
      for (const signature of signatures) {
        const answer = await host.post(path, { body, headers: { ...headers, [name]: signature } });
        expect([signature, answer.status]).toEqual([signature, 401]);
      }
      // The same values under the names that another provider gives them.
      const values = [headers[name], headers[id] ?? 'id', headers[time] ?? '1'] as const;
      for (const [, ...names] of HEADERS.filter(([door]) => door !== path)) {
        const renamed: Record<string, string> = {};
        for (const [index, one] of names.entries()) {
          if (one !== undefined) renamed[one] = values[index] as string;
        }
        const answer = await host.post(path, { body, headers: renamed });
        expect([names, answer.status]).toEqual([names, 400]);
      }
    });
  });

  it('S13: a signature with one bit changed, wherever it is, is refused', async () => {
    const { body, headers } = standard(event(), SECRETS.flint);
    const mac = Buffer.from(headers['webhook-signature']?.replace(/^v1,/, '') ?? '', 'base64');
    for (const at of [0, 15, 16, 31]) {
      const wrong = Buffer.from(mac);
      wrong[at] = (wrong[at] as number) ^ 1;
      const signature = { 'webhook-signature': `v1,${wrong.toString('base64')}` };
      const answer = await host.post('/flint/webhooks', { body, headers }, signature);
      expect([at, answer.status]).toEqual([at, 401]);
    }
    // Nor is its beginning enough, nor more than the whole.
    for (const other of [mac.subarray(0, 1), mac.subarray(0, 31), Buffer.concat([mac, mac])]) {
      const signature = { 'webhook-signature': `v1,${other.toString('base64')}` };
      const answer = await host.post('/flint/webhooks', { body, headers }, signature);
      expect([other.length, answer.status]).toEqual([other.length, 401]);
    }
    expect((await host.post('/flint/webhooks', { body, headers })).status).toBe(200);
  });

  it.each([
    ['Flint', '/flint/webhooks', (at: number) => standard(event(), SECRETS.flint, { at })],
    ['Flute', '/flute/webhooks', (at: number) => flute(event(), SECRETS.flute, { at })],
  ])(
    'F49 S28: %s of just under five minutes ago or ahead passes, of just over does not',
    async (_, path, sign) => {
      const status = async (minutes: number) =>
        (await host.post(path, sign(Date.now() + minutes * MINUTE))).status;
      expect(await status(-4.5)).toBe(200);
      expect(await status(4.5)).toBe(200);
      expect(await status(-5.1)).toBe(401);
      expect(await status(5.5)).toBe(401);
      expect(await status(-3 * 24 * 60)).toBe(401);
    },
  );

  it('F49: the clock that counts is the database’s, not that of the process', async () => {
    const now = Date.now();
    const wrong = jest.spyOn(Date, 'now').mockReturnValue(now + 60 * MINUTE);
    try {
      const signed = standard(event(), SECRETS.flint, { at: now });
      expect((await host.post('/flint/webhooks', signed)).status).toBe(200);
      const ahead = standard(event(), SECRETS.flint, { at: now + 60 * MINUTE });
      expect((await host.post('/flint/webhooks', ahead)).status).toBe(401);
    } finally {
      wrong.mockRestore();
    }
  });

  it('F49: a time that is no number is malformed; one that was not signed is refused', async () => {
    const signed = standard(event(), SECRETS.flint);
    const answer = await host.post('/flint/webhooks', signed, { 'webhook-timestamp': 'now' });
    expect(answer.status).toBe(400);
    const later = String(Math.floor(Date.now() / 1_000) + 1);
    const moved = await host.post('/flint/webhooks', signed, { 'webhook-timestamp': later });
    expect(moved.status).toBe(401);
  });

  it('F49: where no time is signed, an event older than duplicates are remembered, or of later, is refused', async () => {
    const body = (at: number) =>
      JSON.stringify({
        event: { category: 'company', name: 'a', type: 'b', version: '1', created_timestamp: at },
        company_id: 7,
        payload: {},
      });
    const now = Date.now();
    const status = async (at: number) =>
      (await host.post('/fp/webhooks', fynd(body(at), SECRETS.fynd))).status;
    expect(await status(now - 29 * 24 * 60 * MINUTE)).toBe(200);
    expect(await status(now - 31 * 24 * 60 * MINUTE)).toBe(401);
    expect(await status(now + 4.5 * MINUTE)).toBe(200);
    expect(await status(now + 5.5 * MINUTE)).toBe(401);
  });

  it('F46, S28: a signed id counts once; a body without one that comes again under another id is a copy', async () => {
    const once = standard(event(), SECRETS.flint, { id: 'msg_once' });
    for (let copy = 0; copy < 2; copy += 1) {
      expect((await host.post('/flint/webhooks', once)).status).toBe(200);
    }
    const kept = "SELECT event_id FROM flock_delivery WHERE event_id LIKE 'msg_once%'";
    expect(await database.sql(kept)).toHaveLength(1);
    const body = JSON.stringify({ event: { category: 'replay' }, company_id: 9, n: randomUUID() });
    for (let copy = 0; copy < 3; copy += 1) {
      const answer = await host.post('/fp/webhooks', fynd(body, SECRETS.fynd, `id-${copy}`));
      expect(answer.status).toBe(200);
    }
    await until(() => host.heard.all.some(({ rawBody }) => rawBody === body));
    const rows = await database.sql(
      "SELECT event_id FROM flock_delivery WHERE event_id LIKE 'id-%'",
    );
    expect(rows).toHaveLength(1);
  });

  it('S28: a captured webhook has one route: an invented tenant has none, or no secret', async () => {
    const body = JSON.stringify({
      event: { category: 'captured' },
      company_id: 9,
      n: randomUUID(),
    });
    const signed = fynd(body, SECRETS.fynd);
    expect((await host.post('/fp/webhooks', signed)).status).toBe(200);
    for (const tenant of ['x1', 'x2']) {
      expect((await host.post(`/fp/webhooks/${tenant}`, signed)).status).toBe(404);
    }
    const flint = standard(event(), SECRETS.flint);
    expect((await host.post('/flint/webhooks/x1', flint)).status).toBe(503);
    await until(() => host.heard.all.some(({ rawBody }) => rawBody === body));
    expect(host.heard.all.filter(({ rawBody }) => rawBody === body)).toHaveLength(1);
  });

  it('S28: two tenants of one secret are told once', async () => {
    const secrets = host.app.get(WebhookSecrets);
    const secret = whsec('shared');
    for (const tenant of ['twin-1', 'twin-2'])
      await secrets.add({ provider: 'flint', tenant }, secret);
    const signed = standard(event(), secret, { id: 'msg_twins' });
    for (const tenant of ['twin-1', 'twin-2']) {
      expect((await host.post(`/flint/webhooks/${tenant}`, signed)).status).toBe(200);
    }
    await until(() => host.heard.all.some(({ eventId }) => eventId === 'msg_twins'));
    const rows = await database.sql(
      "SELECT tenant FROM flock_delivery WHERE event_id = 'msg_twins'",
    );
    expect(rows.map(({ tenant }) => tenant)).toEqual(['twin-1']);
  });

  it('F50: accepts the older secret and a header with several signatures', async () => {
    const older = standard(event(), SECRETS.flintOlder);
    expect((await host.post('/flint/webhooks', older)).status).toBe(200);
    const body = event();
    const id = 'msg_several';
    const wrong = standard(body, whsec('unknown'), { id });
    const right = standard(body, SECRETS.flint, { id });
    // Another version, half a signature and one by somebody else go before.
    const both = `v1a,xx v1,xxxx ${wrong.headers['webhook-signature']} ${right.headers['webhook-signature']}`;
    const answer = await host.post('/flint/webhooks', wrong, { 'webhook-signature': both });
    expect(answer.status).toBe(200);
  });

  it('F50: a secret that is added holds at once; the one before goes on for the overlap', async () => {
    const secrets = host.app.get(WebhookSecrets);
    const [first, second] = [whsec('first'), whsec('second')];
    const send = async (secret: string, path = '/flint/webhooks/shop-1') =>
      (await host.post(path, standard(event(), secret))).status;
    expect(await send(first)).toBe(503);
    await secrets.add({ provider: 'flint', tenant: 'shop-1' }, first);
    expect(await send(first)).toBe(200);
    await secrets.add({ provider: 'flint', tenant: 'shop-1' }, second);
    expect([await send(second), await send(first)]).toEqual([200, 200]);
    const [older, newer] = await database.sql(
      "SELECT expires_at, created_at FROM flock_webhook_secret WHERE tenant = 'shop-1' ORDER BY expires_at IS NULL",
    );
    // Of one transaction, but not of one millisecond.
    const overlap = Number(older?.expires_at) - Number(newer?.created_at);
    expect(Math.round(overlap / MINUTE)).toBe(24 * 60);
    expect(newer?.expires_at).toBeNull();
    await secrets.add({ provider: 'flint', tenant: 'shop-1' }, whsec('third'), {
      overlapSeconds: 0,
    });
    await until(async () => (await send(second)) === 401);
    // What had been given its day before has ended as well.
    expect([await send(first), await send(whsec('third'))]).toEqual([401, 200]);
    // A tenant's secret opens no other door.
    expect(await send(whsec('third'), '/flint/webhooks/shop-2')).toBe(503);
    expect(await send(whsec('third'), '/flint/webhooks')).toBe(401);
    const kept = await database.sql('SELECT secret FROM flock_webhook_secret');
    for (const { secret } of kept) expect(String(secret)).not.toContain('whsec');
    await secrets.clear({ provider: 'flint', tenant: 'shop-1' });
    expect(await send(whsec('third'))).toBe(503);
  });

  it('says what is wrong with a body that is missing, of no type, or no text, and stores nothing', async () => {
    const signed = standard(event('odd.body'), SECRETS.flint);
    const send = async (headers: Record<string, string>, body?: string | Buffer) => {
      const answer = await request(`${host.url}/flint/webhooks`, {
        method: 'POST',
        headers: { ...signed.headers, ...headers },
        body: body ?? null,
      });
      return { status: answer.statusCode, text: await answer.body.text() };
    };
    const json = { 'content-type': 'application/json' };
    const missing = await send({});
    expect([missing.status, missing.text]).toEqual([
      400,
      expect.stringContaining('The body is missing'),
    ]);
    // Fastify itself refuses what has a type that nobody reads.
    const untyped = await send({}, signed.body);
    expect(untyped.status).toBe(adapter === 'express' ? 400 : 415);
    const bytes = Buffer.from('{"event_type":"odd.body","name":"\u00ff"}', 'latin1');
    const mac = openssl(Buffer.from(SECRETS.fynd), bytes).toString('hex');
    const answer = await request(`${host.url}/fp/webhooks`, {
      method: 'POST',
      headers: { ...json, 'x-fp-signature': mac, 'x-fp-event-id': randomUUID() },
      body: bytes,
    });
    expect([answer.statusCode, await answer.body.text()]).toEqual([
      400,
      expect.stringContaining('expected a JSON object'),
    ]);
    expect(await database.sql("SELECT id FROM flock_delivery WHERE type = 'odd.body'")).toEqual([]);
  });

  it.each(['', 'x'.repeat(191)])(
    'an event whose type is %j is of the type "unknown"',
    async (type) => {
      const signed = standard(event(type), SECRETS.flint);
      expect((await host.post('/flint/webhooks', signed)).status).toBe(200);
      const heard = await until(() => host.heard.all.find((one) => one.rawBody === signed.body));
      expect(heard.type).toBe('unknown');
    },
  );

  it('what the store refuses is to be sent again, and nothing is said of why', async () => {
    const add = jest
      .spyOn(host.app.get(DeliveryStore), 'add')
      .mockRejectedValueOnce(new Error('canary'));
    const answer = await host.post('/flint/webhooks', standard(event(), SECRETS.flint));
    add.mockRestore();
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'webhook_not_stored' });
    expect(answer.body).not.toContain('canary');
  });

  it.each(['/flint/webhooks', '/fp/uninstall'])(
    'nothing is taken at %s while the store belongs to another deployment',
    async (path) => {
      const ours = jest.spyOn(Deployment.prototype, 'isOurs', 'get').mockReturnValue(false);
      const answer = await host.post(path, standard(event(), SECRETS.flint));
      ours.mockRestore();
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'webhook_not_stored' });
    },
  );

  it('S27: refuses to keep a secret that is no secret', async () => {
    const secrets = host.app.get(WebhookSecrets);
    for (const secret of ['whsec_', 'whsec_AAAA', '']) {
      await expect(secrets.add({ provider: 'flint' }, secret)).rejects.toMatchObject({
        code: 'invalid_request',
      });
    }
  });

  it('S27: each FlinksPay account has a route and secrets of its own', async () => {
    const sign = flinksPay['webhook-signature'];
    const send = async (path: string, secret: string) =>
      (await host.post(path, sign(event(), secret))).status;
    expect(await send('/flinks-pay/webhooks/acme', SECRETS.flinksPayAcme)).toBe(200);
    expect(await send('/flinks-pay/webhooks/acme', SECRETS.flinksPay)).toBe(401);
    expect(await send('/flinks-pay/webhooks', SECRETS.flinksPayAcme)).toBe(401);
  });

  it('S29: takes 256 KiB, and refuses one byte more before it looks at the signature', async () => {
    const largest = 262_144;
    const roomy = await startWebhookHost(database, {
      adapter,
      configure: (app) =>
        adapter === 'express'
          ? (app as NestExpressApplication).useBodyParser('json', { limit: 2 * largest })
          : (app as NestFastifyApplication).useBodyParser('application/json', {
              bodyLimit: 2 * largest,
            }),
    });
    const sized = (bytes: number) =>
      event('x', { pad: 'x'.repeat(bytes) }).slice(0, bytes - 2) + '"}';
    const path = '/flint/webhooks';
    const fits = standard(sized(largest), SECRETS.flint);
    expect(Buffer.byteLength(fits.body)).toBe(largest);
    expect((await roomy.post(path, fits)).status).toBe(200);
    const body = sized(largest + 1);
    const signed = standard(body, SECRETS.flint);
    const unsigned = { body, headers: {} };
    const wrong = standard(body, whsec('wrong'));
    for (const large of [signed, unsigned, wrong]) {
      const answer = await roomy.post(path, large);
      expect(answer.status).toBe(413);
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'webhook_too_large' });
      // Nor does it matter that nobody said how long it is.
      const chunked = await request(`${roomy.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...large.headers },
        body: Readable.from([body]),
      });
      expect(chunked.statusCode).toBe(413);
      expect(await chunked.body.json()).toMatchObject({ code: 'webhook_too_large' });
    }
    await roomy.close();
  });

  it('S27: what is signed and no JSON object is malformed', async () => {
    for (const body of ['[1]', '"text"', '12']) {
      const answer = await host.post('/flint/webhooks', standard(body, SECRETS.flint));
      expect(answer.status).toBe(400);
    }
    const empty = await host.post('/flint/webhooks', standard('', SECRETS.flint));
    expect(empty.status).toBe(400);
  });

  it('F46: a duplicate is answered like the first, and kept once', async () => {
    const signed = standard(event(), SECRETS.flint, { id: 'msg_twice' });
    for (let copy = 0; copy < 3; copy += 1) {
      const answer = await host.post('/flint/webhooks', signed);
      expect([answer.status, answer.body]).toEqual([200, '{"received":true}']);
    }
    await until(() => host.heard.all.some(({ eventId }) => eventId === 'msg_twice'));
    expect(host.heard.all.filter(({ eventId }) => eventId === 'msg_twice')).toHaveLength(1);
  });
});

describe('what two processes know', () => {
  let database: TestDatabase;
  let clock: DrivenClock;
  const hosts: WebhookHost[] = [];

  beforeEach(async () => {
    database = await sqliteDatabase();
    clock = driveMonotonicClock();
  });
  afterEach(async () => {
    clock.release();
    for (const host of hosts.splice(0)) await host.close();
    await database.drop();
  });
  const start = async (settings: Parameters<typeof startWebhookHost>[1] = {}) => {
    const host = await startWebhookHost(database, settings);
    hosts.push(host);
    return host;
  };

  it('F46: an event is one of its app and tenant: elsewhere the same id is another', async () => {
    const eu = whsec('eu');
    const host = await start({
      imports: [
        FlintModule.forRoot({
          name: 'eu',
          clientId: 'fpc_eu',
          clientSecret: 'fps_eu',
          redirectUri: 'http://localhost:3000/flint/eu/oauth/callback',
          webhookSecrets: [eu],
        }),
      ],
    });
    const secrets = host.app.get(WebhookSecrets);
    const places: [string, string][] = [
      ['/flint/webhooks', SECRETS.flint],
      ['/flint/eu/webhooks', eu],
    ];
    for (const tenant of ['shop-1', 'shop-2']) {
      await secrets.add({ provider: 'flint', app: 'flint', tenant }, whsec(tenant));
      places.push([`/flint/webhooks/${tenant}`, whsec(tenant)]);
    }
    for (const [path, secret] of places) {
      const signed = standard(event(), secret, { id: 'msg_everywhere' });
      for (let copy = 0; copy < 2; copy += 1) {
        expect([path, (await host.post(path, signed)).status]).toEqual([path, 200]);
      }
    }
    const heard = () => host.heard.all.filter(({ eventId }) => eventId === 'msg_everywhere');
    await until(() => heard().length === places.length);
    expect(
      await database.sql("SELECT id FROM flock_delivery WHERE event_id = 'msg_everywhere'"),
    ).toHaveLength(places.length);
  });

  it('F50: a secret that another process has added holds here within 2 s', async () => {
    const [here, there] = [await start(), await start()];
    const owner = { provider: 'flint', tenant: 'shop-1' };
    const send = async (secret: string) =>
      (await here.post('/flint/webhooks/shop-1', standard(event(), secret))).status;
    await there.app.get(WebhookSecrets).add(owner, whsec('first'));
    expect(await send(whsec('first'))).toBe(200);
    await there.app.get(WebhookSecrets).add(owner, whsec('second'));
    // However much arrives meanwhile.
    await clock.advance(1_000);
    expect(await send(whsec('first'))).toBe(200);
    await clock.advance(1_000);
    expect([await send(whsec('second')), await send(whsec('first'))]).toEqual([200, 200]);
  });

  it('F50: a look-up that began before a secret was added or cleared does not outlive that', async () => {
    let asked = 0;
    let lookUp = Promise.resolve();
    const webhookSecrets = async () => {
      asked += 1;
      await lookUp;
      return [];
    };
    const host = await start({ flint: { hooks: { webhookSecrets } } });
    const secrets = host.app.get(WebhookSecrets);
    const owner = { provider: 'flint', tenant: 'shop-1' };
    const send = async (name: string) =>
      (await host.post('/flint/webhooks/shop-1', standard(event(), whsec(name)))).status;
    /** What is done while a look-up is under way, which has read the store already. */
    const meanwhile = async (change: () => Promise<void>) => {
      let goOn: () => void = () => undefined;
      lookUp = new Promise((resolve) => (goOn = resolve));
      await clock.advance(2_000);
      const before = asked;
      const sent = send('first');
      await until(() => asked > before);
      await change();
      goOn();
      expect(await sent).toBe(200);
    };
    await secrets.add(owner, whsec('first'));
    await meanwhile(() => secrets.add(owner, whsec('second')));
    expect(await send('second')).toBe(200);
    await meanwhile(() => secrets.clear(owner));
    expect(await send('first')).toBe(503);
  });
});

describe('what was captured', () => {
  it('S28: bytes without a signed id are known for 30 days', async () => {
    const database = await sqliteDatabase();
    const intervals = jest.spyOn(globalThis, 'setInterval');
    const host = await startWebhookHost(database);
    const hourly = intervals.mock.calls.filter(([, ms]) => ms === 60 * MINUTE);
    intervals.mockRestore();
    const [younger, older] = ['younger', 'older'].map((name) =>
      fynd(JSON.stringify({ event: { category: name }, company_id: 9 }), SECRETS.fynd, name),
    ) as [Signed, Signed];
    for (const one of [younger, older]) {
      expect((await host.post('/fp/webhooks', one)).status).toBe(200);
    }
    await until(() => host.heard.all.length === 2);
    const rows = () =>
      database.sql("SELECT event_id, status FROM flock_delivery WHERE source = 'webhook'");
    await until(async () => (await rows()).every(({ status }) => status === 'done'));
    for (const [id, days] of [
      ['younger', 29],
      ['older', 31],
    ] as const) {
      const age = 'UPDATE flock_delivery SET received_at = received_at - ? WHERE event_id = ?';
      await database.sql(age, [days * DAY, id]);
    }
    expect(hourly.length).toBeGreaterThan(0);
    for (const [prune] of hourly) prune();
    await until(async () => !(await rows()).some(({ event_id }) => event_id === 'older'));
    for (const one of [younger, older]) {
      await host.post('/fp/webhooks', {
        ...one,
        headers: { ...one.headers, 'x-fp-event-id': 'x' },
      });
    }
    expect((await rows()).map(({ event_id }) => event_id).sort()).toEqual(['x', 'younger']);
    await host.close();
    await database.drop();
  });
});

describe('routes that somebody made up', () => {
  it('S30, S38: made-up routes ask nobody for their secrets, by address, whatever a header says', async () => {
    const database = await sqliteDatabase();
    const host = await startWebhookHost(database);
    const { headers, body } = standard('{}', SECRETS.flint);
    const elsewhere = new Agent({ localAddress: '127.0.0.2' });
    const status = async (number: number, dispatcher?: Agent) => {
      const answer = await request(
        `${host.url.replace('localhost', '127.0.0.1')}/flint/webhooks/made-up-${number}`,
        {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'x-forwarded-for': `10.0.0.${number}`,
            ...headers,
          },
          body,
          ...(dispatcher && { dispatcher }),
        },
      );
      await answer.body.dump();
      return answer.statusCode;
    };
    const started = performance.now();
    const statuses: number[] = [];
    for (let number = 0; number < 200; number += 1) statuses.push(await status(number));
    expect(statuses.slice(0, 120)).toEqual(Array(120).fill(503));
    // A hundred and twenty at once, and two more each second.
    const seconds = Math.ceil((performance.now() - started) / 1_000);
    const asked = statuses.filter((one) => one === 503).length;
    expect(asked).toBeLessThanOrEqual(120 + 2 * seconds);
    expect(statuses.filter((one) => one === 429).length).toBe(200 - asked);
    expect(await status(1, elsewhere)).toBe(503);
    // Nor does one that was found to have none get in for free.
    const anew = performance.now();
    const again: number[] = [];
    for (let number = 0; number < 200; number += 1) again.push(await status(0, elsewhere));
    const within = Math.ceil((performance.now() - anew) / 1_000);
    expect(again).toContain(503);
    expect(again.filter((one) => one === 503).length).toBeLessThanOrEqual(120 + 2 * within);
    expect((await host.post('/flint/webhooks', standard(event(), SECRETS.flint))).status).toBe(200);
    await elsewhere.close();
    await host.close();
    await database.drop();
  });
});

describe('a secret in the configuration that is none', () => {
  it('stops the start, and is not repeated', async () => {
    const database = await sqliteDatabase();
    const failure = await failureOf(
      startWebhookHost(database, { flint: { webhookSecrets: [SECRETS.flint, 'whsec_oops'] } }),
    );
    expect(failure.message).toContain('a webhook secret is not usable');
    expect(failure.message).not.toContain('oops');
    await database.drop();
  });
});

describe('the legacy signature of Flint', () => {
  it('S27, S28: counts only by option, and only where the standard headers are absent', async () => {
    const database = await sqliteDatabase();
    const plain = await startWebhookHost(database);
    const legacy = await startWebhookHost(database, { flint: { legacySignatures: true } });
    const host = legacy;
    const signed = flintLegacy(event(), host === legacy ? SECRETS.flint : '');
    expect((await plain.post('/flint/webhooks', signed)).status).toBe(400);
    expect((await legacy.post('/flint/webhooks', signed)).status).toBe(200);
    const old = flintLegacy(event(), SECRETS.flint, Date.now() - 6 * MINUTE);
    expect((await legacy.post('/flint/webhooks', old)).status).toBe(401);
    const wrong = standard(signed.body, whsec('wrong'));
    const both = { body: signed.body, headers: { ...wrong.headers, ...signed.headers } };
    expect((await legacy.post('/flint/webhooks', both)).status).toBe(401);
    await plain.close();
    await legacy.close();
    await database.drop();
  });
});

describe.each(ADAPTERS)('a host without raw bodies on %s', (adapter) => {
  it('S27, P37: answers 500, says once what to do, is not ready, and stores nothing', async () => {
    const database = await sqliteDatabase();
    const logger = new NoisyLogger();
    const host = await startWebhookHost(database, { adapter, logger, rawBody: false });
    const health = host.app.get(FlockHealthIndicator);
    expect((await health.isHealthy()).flock).toMatchObject({ status: 'up', rawBodyMissing: false });
    for (let copy = 0; copy < 2; copy += 1) {
      const answer = await host.post('/flint/webhooks', standard(event(), SECRETS.flint));
      expect(answer.status).toBe(500);
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'webhook_raw_body_missing' });
    }
    expect((await health.isHealthy()).flock).toMatchObject({
      status: 'down',
      rawBodyMissing: true,
    });
    expect(logger.lines.filter((line) => line.includes('rawBody: true'))).toHaveLength(1);
    const sources = await database.sql("SELECT id FROM flock_delivery WHERE source = 'webhook'");
    expect(sources).toEqual([]);
    await host.close();
    await database.drop();
  });
});
