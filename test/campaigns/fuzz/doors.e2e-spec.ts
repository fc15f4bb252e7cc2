import fc from 'fast-check';
import { FLOCK_ERRORS } from '@nest-flock/core';
import { createHmac } from 'node:crypto';
import { DATABASES } from '../../support/databases.js';
import { until } from '../../support/poll.js';
import { ADAPTERS } from '../../support/start-app.js';
import { Browser } from '../../support/browser.js';
import {
  hostileText,
  hostileValue,
  jsonOf,
  mutationOf,
  objectOf,
  wellFormed,
} from './support/arbitraries.js';
import { Campaign } from './support/campaign.js';
import { SECRETS, startDoorsHost } from './support/doors-host.js';
import type { DoorsHost } from './support/doors-host.js';
import type { RawAnswer, RawRequest } from './support/raw-http.js';

const campaign = new Campaign('doors');
/** Sent at once. */
const BATCH = 32;
/** Of a door, an adapter. */
const ROUNDS = 16;
/** A proxy in front takes no more by default. */
const MOST_HEADER_BYTES = 8_192;

/** Each adapter with a database of its own kind, as far as there are two. */
const runs = ADAPTERS.map((adapter, index) => {
  const [name, open] = DATABASES[index % DATABASES.length] as (typeof DATABASES)[0];
  return [adapter, name, open] as const;
});

/** What may stand in a request line or a header, and is no line break, which would end it. */
const oneLine = hostileText.map((text) => text.replace(/[\r\n]/g, ' ').slice(0, 2_000));
/** Percent-encoded, as it is, or broken. */
const inUrl = fc.oneof(
  { weight: 6, arbitrary: oneLine.map((text) => encodeURIComponent(wellFormed(text))) },
  { weight: 2, arbitrary: oneLine.map((text) => text.replace(/[ #]/g, '')) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('%', '%zz', '%00', '%ff%fe', '%E0%A4%A', '%25', '+', '&&', '='),
  },
);

const params = (names: readonly string[], values: readonly string[]) =>
  fc
    .array(
      fc.tuple(
        fc.oneof(
          { weight: 3, arbitrary: fc.constantFrom(...names) },
          { weight: 1, arbitrary: inUrl },
        ),
        fc.oneof(
          { weight: 2, arbitrary: fc.constantFrom(...values) },
          { weight: 2, arbitrary: inUrl },
        ),
      ),
      { maxLength: 5 },
    )
    .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join('&'));

const batchOf = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.array(one, { minLength: BATCH, maxLength: BATCH });

describe.each(runs)('the doors of a host on %s and %s', (adapter, _name, open) => {
  let host: DoorsHost;
  let session = '';

  beforeAll(async () => {
    host = await startDoorsHost(await open(), adapter);
    const browser = new Browser(host.url);
    const started = await browser.open('/flint/install?mode=test');
    const state = new URL(started.location as string).searchParams.get('state') as string;
    const done = await browser.open(`/flint/oauth/callback?code=c&mode=test&state=${state}`);
    expect(done.status).toBe(303);
    session = `flock_session=${browser.cookies.get('flock_session')}`;
  });
  afterAll(() => host.stop());

  /** Answered in time, by one of our answers or by the server's own parser, and without a secret. */
  function assertDefined(answer: RawAnswer, request: RawRequest): void {
    host.canaries.refuse('an answer', answer.text);
    if (answer.status < 500) return;
    const code =
      /"code":"([a-z_]+)"|<code>([a-z_]+)<\/code>/.exec(answer.body)?.slice(1).find(Boolean) ?? '';
    const known = Object.hasOwn(FLOCK_ERRORS, code)
      ? FLOCK_ERRORS[code as keyof typeof FLOCK_ERRORS].status
      : 0;
    if (known === answer.status && !['webhook_not_stored', 'unknown_provider'].includes(code))
      return;
    throw new Error(`${request.method} ${request.target}: ${answer.text.slice(0, 1_000)}`);
  }

  const send = async (requests: readonly RawRequest[]): Promise<RawAnswer[]> =>
    Promise.all(
      requests.map(async (request) => {
        const answer = await host.http.send(request);
        assertDefined(answer, request);
        return answer;
      }),
    );
  const door = (
    one: fc.Arbitrary<RawRequest>,
    look: (answers: RawAnswer[], requests: RawRequest[]) => void = () => undefined,
  ) =>
    campaign.check({ runs: ROUNDS, batch: BATCH }, batchOf(one), async (requests) =>
      look(await send(requests), requests),
    );

  it('S10, S11: install links of every provider', async () => {
    const install = fc.constantFrom('/flint/install', '/fp/install', '/harbor/install');
    const names = [
      'mode',
      'permission_ids',
      'environment_id',
      'return_to',
      'company_id',
      'client_id',
      'cluster_url',
      'redirect_path',
      'mode[]',
      '__proto__',
      'constructor',
      'flock_restarted',
    ];
    const values = ['test', 'live', '1', '42', 'fynd-key', '%2Forders', 'api.fynd.com'];
    await door(
      fc.record({
        method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST'),
        target: fc.tuple(install, params(names, values)).map(([path, query]) => `${path}?${query}`),
        headers: fc.array(
          fc.tuple(fc.constantFrom('cookie', 'x-forwarded-for', 'referer'), oneLine),
          { maxLength: 3 },
        ),
      }),
      (answers) => {
        for (const { status, text } of answers) {
          const location = /\r\nlocation: (.*)/i.exec(text)?.[1];
          if (status === 303) expect(location).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/|^\/(?![/\\])/);
        }
      },
    );
  });

  it('callbacks, of attempts that are real and that are not', async () => {
    const begin = async (path: string) => {
      const browser = new Browser(host.url);
      const page = await browser.open(path);
      const state = new URL(page.location as string).searchParams.get('state') as string;
      return { state, cookie: [...browser.cookies].map((pair) => pair.join('=')).join('; ') };
    };
    const attempts = await Promise.all(
      Array.from({ length: 24 }, (_, index) =>
        begin(
          ['/flint/install', '/harbor/install', '/fp/install?company_id=1&client_id=fynd-key'][
            index % 3
          ] as string,
        ),
      ),
    );
    const code = host.canaries.plant('code', 'canary-code');
    const callback = fc.constantFrom('/flint/oauth/callback', '/harbor/oauth/callback', '/fp/auth');
    const states = attempts.map(({ state }) => state);
    const query = params(
      [
        'state',
        'state',
        'state',
        'code',
        'error',
        'iss',
        'mode',
        'company_id',
        'client_id',
        'code[]',
        '__proto__',
      ],
      [...states, code, 'access_denied', 'test', '1', 'fynd-key'],
    );
    const cookies = fc.oneof(
      fc.constantFrom(...attempts.map(({ cookie }) => cookie), session),
      fc.constantFrom(...attempts.map(({ cookie }) => cookie)).chain(mutationOf),
      fc.constant(attempts.map(({ cookie }) => cookie).join('; ')),
      oneLine,
    );
    await door(
      fc.record({
        method: fc.constant('GET'),
        target: fc.oneof(
          fc.tuple(callback, query).map(([path, text]) => `${path}?${text}`),
          fc
            .tuple(callback, fc.constantFrom(...states), query)
            .map(([path, state, text]) => `${path}?state=${state}&${text}`),
        ),
        headers: cookies.map((cookie) => [
          ['cookie', cookie.replace(/[\r\n]/g, '')] as [string, string],
        ]),
      }),
    );
  });

  it('S24: cookies by the hundred, doubled and mutated', async () => {
    const many = fc
      .tuple(fc.integer({ min: 1, max: 400 }), oneLine)
      .map(([count, text]) =>
        Array.from(
          { length: count },
          (_, index) => `flock_attempt_${text.slice(0, 3).replace(/[;=]/g, '')}${index}=${index}`,
        ).join('; '),
      );
    await door(
      fc.record({
        method: fc.constant('GET'),
        target: fc.constantFrom(
          '/flint/install',
          '/guarded/flint/x',
          '/harbor/install',
          '/flint/oauth/callback?state=x',
        ),
        headers: fc.array(
          fc
            .oneof(mutationOf(session), many, oneLine, fc.constant(`${session}; ${session}`))
            .map(
              (cookie) =>
                ['cookie', cookie.replace(/[\r\n]/g, '').slice(0, 9_000)] as [string, string],
            ),
          { minLength: 1, maxLength: 2 },
        ),
      }),
      (answers) => {
        for (const { text } of answers) {
          expect(text.indexOf('\r\n\r\n')).toBeLessThan(MOST_HEADER_BYTES);
        }
      },
    );
  });

  it('what chooses a connection, and where a request comes from', async () => {
    const header = fc.oneof(
      fc.tuple(
        fc.constantFrom(
          'x-connection-id',
          'origin',
          'x-company-id',
          'x-fp-signature',
          'x-fp-date',
          'x-application-data',
          'referer',
          'accept',
        ),
        fc.oneof(oneLine, fc.constant('http://localhost'), fc.constant('null')),
      ),
      fc.constant(['cookie', session] as [string, string]),
      fc.constant(['origin', host.url] as [string, string]),
    );
    await door(
      fc.record({
        method: fc.constantFrom('GET', 'POST', 'PUT'),
        target: fc
          .tuple(
            fc.constantFrom(
              '/guarded/flint/',
              '/guarded/flint',
              '/guarded/fynd/',
              '/guarded/proxy/',
              '/flint/disconnect?return_to=',
            ),
            inUrl,
            params(['company_id', 'company_id[]'], ['1', '2']),
          )
          .map(([path, text, query]) => `${path}${text}${path.includes('?') ? '&' : '?'}${query}`),
        headers: fc.array(header, { maxLength: 5 }),
      }),
    );
  });

  const id = (value: string) => [value, 'a\u0000b', 'x'.repeat(200)];
  const payload = objectOf({
    event_type: [
      'partner_app.install.revoked',
      'partner_app.install.permissions_updated',
      'partner_app.install.environment_grant.revoked',
      'order.paid',
      'a\u0000b',
    ],
    webhook_event_id: id('evt_1'),
    created_at: ['2026-09-07T10:00:00Z', '+275760-09-13T00:00:00Z', '-271821-04-20T00:00:00Z'],
    mode: ['test', 'live'],
    merchant_id: id('mer_1'),
    data: [
      { status: 'revoked', environment_grant_id: 'grant_1' },
      {
        status: 'active',
        partner_app_install_id: 'install_1',
        granted_scopes: ['a', 'b\u0000c', ''],
      },
      { environment_grant_id: 'a\u0000b', partner_app_install_id: 'install_1' },
      { environment_grant_id: 'x'.repeat(190), merchant_id: '\ud800' },
    ],
    event: [
      'SessionSetupStatusChanged',
      {
        category: 'company',
        name: 'product',
        type: 'create',
        version: 1.5,
        created_timestamp: 1_700_000_000.123,
      },
      { category: 'c', name: 'n', type: 't', created_timestamp: 1e300 },
    ],
    company_id: [1, '12', '1\u0000'],
    sessionId: ['s', 's\u0000'],
    status: ['Completed'],
    when: ['2026-09-07T10:00:00Z'],
    type: ['transaction.card.captured', 'ping'],
    id: id('e'),
    created: [1_700_000_000, 1_700_000_000.0001, 1e300, -1e300, 5e-324],
    client_id: ['fynd-key'],
    code: ['c'],
  });
  const hmac = (key: Buffer | string, text: string, form: 'hex' | 'base64') =>
    createHmac('sha256', key).update(text).digest(form);
  let count = 0;
  /** Correctly signed headers by the schemes of all providers. */
  const SIGNERS: Readonly<Record<string, (body: string) => (readonly [string, string])[]>> = {
    '/flint/webhooks': (body) => {
      const [event, at] = [`msg_${(count += 1)}`, String(Math.floor(Date.now() / 1_000))];
      const key = Buffer.from(SECRETS.flint.slice('whsec_'.length), 'base64');
      return [
        ['webhook-id', event],
        ['webhook-timestamp', at],
        ['webhook-signature', `v1,${hmac(key, `${event}.${at}.${body}`, 'base64')}`],
      ];
    },
    '/flint/webhooks?legacy': (body) => {
      const at = String(Math.floor(Date.now() / 1_000));
      return [['x-flint-signature', `t=${at},v1=${hmac(SECRETS.flint, `${at}.${body}`, 'hex')}`]];
    },
    '/flute/webhooks': (body) => {
      const [event, at] = [`evt_${(count += 1)}`, String(Math.floor(Date.now() / 1_000))];
      return [
        ['flute-webhook-id', event],
        ['flute-webhook-timestamp', at],
        [
          'flute-webhook-signature',
          `v1,${hmac(SECRETS.flute, `${event}.${at}.${body}`, 'base64')}`,
        ],
      ];
    },
    '/fp/webhooks': (body) => [
      ['x-fp-signature', hmac(SECRETS.fynd, body, 'hex')],
      ['x-fp-event-id', `e${(count += 1)}`],
    ],
    '/flinks-pay/webhooks': (body) => [
      ['x-flinks-signature', hmac(SECRETS.flinksPay, body, 'base64')],
    ],
    '/flinks-pay/webhooks/acme': (body) => [
      ['x-webhook-signature', `sha256=${hmac(SECRETS.flinksPay, body, 'hex').toUpperCase()}`],
    ],
    '/fp/uninstall': (body) => [['x-fp-signature', hmac(SECRETS.fynd, body, 'hex')]],
  };
  const paths = Object.keys(SIGNERS);
  const json = ['content-type', 'application/json'] as const;

  it('S27, F48: webhooks that are authentic and say anything are stored, whatever they say', async () => {
    await door(
      fc.tuple(fc.constantFrom(...paths), jsonOf(payload)).map(([path, body]) => ({
        method: 'POST',
        target: path,
        headers: [json, ...(SIGNERS[path] as (typeof SIGNERS)[string])(wellFormed(body))],
        body: wellFormed(body),
      })),
    );
    await door(
      fc.tuple(fc.constantFrom(...paths), payload).map(([path, value]) => {
        const body = wellFormed(JSON.stringify({ ...value, unique: (count += 1) }));
        return {
          method: 'POST',
          target: path,
          headers: [json, ...(SIGNERS[path] as (typeof SIGNERS)[string])(body)],
          body,
        };
      }),
      (answers, requests) => {
        // Refused for its time, where the body says one; never for want of a place to keep it. A body
        // that would change prototypes is refused by Fastify's own parser.
        for (const [index, { status }] of answers.entries()) {
          const poison = /"(__proto__|constructor)"/.test(String(requests[index]?.body));
          expect(poison ? [200, 400, 401] : [200, 401]).toContain(status);
        }
      },
    );
  });

  it.each([1_700_000_000.0001, 1e300, -1e300])(
    'S27: an authentic event of the time %d is kept, whatever its time means',
    async (created) => {
      const body = JSON.stringify({ id: `time ${created}`, type: 'ping', created, data: {} });
      const headers = [json, ...(SIGNERS['/flute/webhooks']?.(body) ?? [])];
      const sent = { method: 'POST', target: '/flute/webhooks', headers, body };
      expect((await send([sent]))[0]?.status).toBe(200);
    },
  );

  it('S27, S28: webhooks that are not signed, or wrongly', async () => {
    const names = [
      'webhook-id',
      'webhook-timestamp',
      'webhook-signature',
      'x-flint-signature',
      'flute-webhook-id',
      'flute-webhook-timestamp',
      'flute-webhook-signature',
      'x-fp-signature',
      'x-fp-event-id',
      'x-flinks-signature',
      'x-webhook-signature',
      'flinks-authenticity-key',
      'content-type',
      'content-encoding',
    ];
    const value = fc.oneof(
      oneLine,
      fc.constantFrom(
        '0',
        '-1',
        '1e9',
        '99999999999999',
        'v1,',
        'v1,='.repeat(30),
        't=1,t=2,v1=,v1=zz',
        'application/json; charset=utf-7',
        'gzip',
        'text/plain',
      ),
    );
    await door(
      fc.record({
        method: fc.constantFrom('POST', 'POST', 'POST', 'GET', 'PUT'),
        target: fc.oneof(
          fc.constantFrom(...paths, '/fp/auto_install', '/flint/webhooks/'),
          inUrl.map((text) => `/flint/webhooks/${text.slice(0, 300)}`),
        ),
        headers: fc.array(
          fc.tuple(
            fc.constantFrom(...names),
            value.map((text) => text.slice(0, 500)),
          ),
          { maxLength: 6 },
        ),
        body: fc.oneof(
          jsonOf(payload),
          fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
        ),
      }),
      (answers) => {
        for (const { status, text } of answers) {
          if (status === 200) expect(text).not.toContain('"received":true');
        }
      },
    );
  });

  it('hints that anybody can post', async () => {
    const hint = objectOf({
      company_id: [1, '2', '1\u0000', 1e20, [1]],
      client_id: ['fynd-key'],
      code: ['c', 'x'.repeat(1_999), 'a b'],
    });
    await door(
      fc.record({
        method: fc.constant('POST'),
        target: fc.constantFrom('/fp/uninstall', '/fp/auto_install'),
        headers: fc.constant([json]),
        body: fc.oneof(jsonOf(hint), jsonOf(hostileValue)),
      }),
    );
  });

  it('F48: what was stored is handled to its end, and nothing goes on for ever', async () => {
    const { app } = host;
    const { Database } = await import('../../../libs/core/src/foundation/database/database.js');
    const count = async (status: string) =>
      Number(
        (
          await app
            .get(Database)
            .read('SELECT COUNT(*) AS n FROM flock_delivery WHERE status = :status', { status })
        )[0]?.n,
      );
    // Hints wait for their next look at a live connection; everything else ends.
    const open = async () =>
      Number(
        (
          await app
            .get(Database)
            .read(
              "SELECT COUNT(*) AS n FROM flock_delivery WHERE status = 'pending' AND source <> 'task'",
            )
        )[0]?.n,
      );
    await until(async () => (await open()) === 0);
    expect(await count('done')).toBeGreaterThan(50);
    expect(host.heard()).toBeGreaterThan(50);
    expect(await count('dead')).toBe(0);
    host.canaries.refuse('the log', host.logger.lines.join('\n'));
  });
});

describe('the campaign', () => {
  it('ran as many cases as it promises', () => campaign.finish());
});
