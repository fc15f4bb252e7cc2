import fc from 'fast-check';
import { FLOCK_ERRORS, FlockError, HiddenSecret } from '@nest-flock/core';
import { createHmac, randomBytes } from 'node:crypto';
import { DatabaseClock } from '../../../libs/core/src/foundation/database/database-clock.js';
import { Database } from '../../../libs/core/src/foundation/database/database.js';
import { readOptions } from '../../../libs/core/src/foundation/configuration/read-options.js';
import type {
  OptionsOf,
  Variables,
} from '../../../libs/core/src/foundation/configuration/variable.js';
import {
  readGrantedScopes,
  readTokenResult,
} from '../../../libs/core/src/token/renewal/token-result.js';
import { readHeader, readQuery } from '../../../libs/core/src/foundation/http/request.js';
import { readCookies } from '../../../libs/core/src/foundation/http/cookies.js';
import { readRetryAfter } from '../../../libs/core/src/foundation/http/retry-after.js';
import { AttemptCookies } from '../../../libs/core/src/install/attempt-cookies.js';
import { readReturnPath } from '../../../libs/core/src/install/return-path.js';
import { CAUTIOUS_PROFILE } from '../../../libs/core/src/provider/provider-profile.js';
import { readIdToken } from '../../../libs/core/src/provider/read-id-token.js';
import { readTokenAnswer } from '../../../libs/core/src/provider/read-token-answer.js';
import { checkServerUrl } from '../../../libs/core/src/provider/server-url.js';
import { RegisteredApp } from '../../../libs/core/src/provider/registered-app.js';
import { Sealer, UnsealError } from '../../../libs/core/src/foundation/sealing/sealer.js';
import { KeyRing } from '../../../libs/core/src/foundation/sealing/key-ring.js';
import { SealingService } from '../../../libs/core/src/foundation/sealing/sealing.service.js';
import { SessionService } from '../../../libs/core/src/install/session/session.service.js';
import { FlockMetrics } from '../../../libs/core/src/foundation/telemetry/flock.metrics.js';
import { readTokenSet } from '../../../libs/core/src/connection/token-set.js';
import { readSignedMessage } from '../../../libs/core/src/webhook/signed-message.js';
import { signerOf } from '../../../libs/core/src/webhook/verify-signature.js';
import { membersOf } from '../../../libs/core/src/foundation/http/parse-object.js';
import { readCard } from '../../../libs/flex-pay/src/flex-pay.card.js';
import { flexPay } from '../../../libs/flex-pay/src/flex-pay.definition.js';
import { readOffers } from '../../../libs/flex-pay/src/flex-pay.offers.js';
import { readOrder } from '../../../libs/flex-pay/src/flex-pay.order.js';
import { readTransaction } from '../../../libs/flex-pay/src/flex-pay.transaction.js';
import { flinksPay } from '../../../libs/flinks-pay/src/flinks-pay.definition.js';
import { answeredId, answeredText } from '../../../libs/flinks-pay/src/read-answer.js';
import { readPartnerApp } from '../../../libs/flint/src/administration/flint.partner-app.js';
import { readPartnerInstall } from '../../../libs/flint/src/administration/flint.partner-install.js';
import { readWebhook as readFlintWebhook } from '../../../libs/flint/src/administration/flint.webhook.js';
import { readPage as readFlintPage } from '../../../libs/flint/src/administration/pages.js';
import { flint } from '../../../libs/flint/src/flint.definition.js';
import { readPreview } from '../../../libs/flint/src/flint.preview.js';
import { declineOf } from '../../../libs/flute/src/flute.decline.js';
import { flute } from '../../../libs/flute/src/flute.definition.js';
import { itemsOf } from '../../../libs/flute/src/flute.pages.js';
import { readPing, readWebhook, secretOf } from '../../../libs/flute/src/webhooks/flute.webhook.js';
import { fynd } from '../../../libs/fynd/src/fynd.definition.js';
import { namedCompany } from '../../../libs/fynd/src/named-company.js';
import { readProxyCall } from '../../../libs/fynd/src/proxy/proxy-call.js';
import { isSignedBy } from '../../../libs/fynd/src/proxy/proxy-signature.js';
import { readSubscribers } from '../../../libs/fynd/src/webhooks/subscriber.js';
import { readArguments } from '../../../libs/sandbox/src/cli/arguments.js';
import { SandboxError } from '../../../libs/sandbox/src/sandbox-error.js';
import {
  bytesLike,
  hostileNumber,
  hostileText,
  hostileValue,
  infamous,
  jsonOf,
  mutationOf,
  objectOf,
} from './support/arbitraries.js';
import { Campaign } from './support/campaign.js';

const campaign = new Campaign('functions');

/** Ends, or with an error of ours; nothing else. */
function defined<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof FlockError && Object.hasOwn(FLOCK_ERRORS, error.code)) return undefined;
    throw error;
  }
}

function optionsOf<V extends Variables>(
  { variables }: { variables: V },
  given: Partial<OptionsOf<V>>,
): OptionsOf<V> {
  const { options, problems } = readOptions(variables, 'X_', given, {});
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return options;
}

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

const FLINT = optionsOf(flint.definition, {
  clientId: 'fpc_x',
  clientSecret: 'fps_x',
  redirectUri: 'https://host.example/flint/oauth/callback',
  legacySignatures: true,
});
const FYND = optionsOf(fynd.definition, {
  clientId: 'fynd-key',
  clientSecret: 'fynd-secret',
  extensionUrl: 'https://host.example',
  scopes: ['company/saleschannel'],
});
const FLUTE = optionsOf(flute.definition, { clientId: 'x', clientSecret: 'x' });
const FLINKS_PAY = optionsOf(flinksPay.definition, {
  baseUrl: 'https://flinks.example',
  username: 'x',
  password: 'x',
  serverHosts: ['.flinks.example'],
});

const PROVIDERS = [flint, fynd, flute, flinksPay, flexPay] as const;

const WEBHOOKS = [
  [flint.definition, FLINT],
  [fynd.definition, FYND],
  [flute.definition, FLUTE],
  [flinksPay.definition, FLINKS_PAY],
] as const;

/** As a header arrives: a text, or several. */
const headerOf = (value: unknown): string | string[] =>
  typeof value === 'string'
    ? value
    : Array.isArray(value)
      ? value.map((one) => JSON.stringify(one))
      : JSON.stringify(value);

/** Fields that one library or another reads of a webhook. */
const payload = objectOf({
  event_type: [
    'partner_app.install.revoked',
    'partner_app.install.permissions_updated',
    'order.paid',
  ],
  webhook_event_id: ['evt_1'],
  created_at: ['2026-09-07T10:00:00Z'],
  mode: ['test', 'live'],
  merchant_id: ['mer_1'],
  data: [
    { status: 'revoked', environment_grant_id: 'g', granted_scopes: ['a', 'b'] },
    { status: 'active', granted_scopes: [1] },
  ],
  event: [
    'SessionSetupStatusChanged',
    {
      category: 'company',
      name: 'product',
      type: 'create',
      version: '1',
      created_timestamp: 1_700_000_000,
    },
  ],
  company_id: [1, '12'],
  sessionId: ['s'],
  status: ['Completed'],
  when: ['2026-09-07T10:00:00Z'],
  type: ['transaction.card.captured'],
  id: ['e'],
  created: [1_700_000_000],
  client_id: ['fynd-key'],
  code: ['c'],
});

const query = fc
  .array(
    fc.tuple(
      fc.oneof(
        fc.constantFrom(
          'mode',
          'permission_ids',
          'environment_id',
          'return_to',
          'company_id',
          'client_id',
          'cluster_url',
          'redirect_path',
          'a[]',
          '__proto__',
        ),
        hostileText,
      ),
      fc.oneof(
        fc.constantFrom('test', 'live', '1', 'fynd-key', '/orders', 'api.fynd.com'),
        hostileText,
      ),
    ),
    { maxLength: 5 },
  )
  .map((pairs) => {
    const made = new URLSearchParams();
    for (const [name, value] of pairs) made.append(name, value);
    return made;
  });

describe('functions behind the doors take anything', () => {
  afterAll(() => campaign.finish());

  it('S27: headers and bodies of webhooks, signed or not, of every scheme', async () => {
    const schemes = WEBHOOKS.flatMap(([definition, options]) =>
      (definition.webhooks as NonNullable<typeof flint.definition.webhooks>).schemes(
        options as never,
      ),
    );
    const names = [...new Set(schemes.flatMap(({ headers }) => Object.values(headers)))];
    const hex = createHmac('sha256', 'k').update('x').digest('hex');
    const headers = objectOf(
      Object.fromEntries(
        names.map((name) => [
          name,
          [
            '1700000000',
            `v1,${hex}`,
            `t=1,v1=${hex}`,
            `v1,${hex} `.repeat(40),
            hex,
            `sha256=${hex}`,
            [hex, hex],
          ],
        ]),
      ),
    ).map((found) =>
      Object.fromEntries(Object.entries(found).map(([name, value]) => [name, headerOf(value)])),
    );
    await campaign.check(
      { runs: 12_000 },
      fc.tuple(fc.nat(3), headers, fc.uint8Array({ maxLength: 40 })),
      ([index, given, body]) => {
        const [definition, options] = WEBHOOKS[index] as (typeof WEBHOOKS)[0];
        const request = { method: 'POST', url: '/', headers: given };
        const message = defined(() =>
          readSignedMessage(definition.webhooks!.schemes(options), request, Buffer.from(body)),
        );
        if (message === undefined) return;
        expect(message.signatures.length).toBeLessThanOrEqual(10);
        expect(signerOf(message, [SECRET, 'text', '', 'whsec_'])).toBeUndefined();
      },
    );
  });

  it('what events say, in any shape', async () => {
    await campaign.check(
      { runs: 8_000 },
      fc.tuple(fc.nat(3), payload, fc.option(hostileText, { nil: undefined })),
      ([index, body, tenant]) => {
        const [definition, options] = WEBHOOKS[index] as (typeof WEBHOOKS)[0];
        const event = definition.webhooks!.read(body, { options, tenant });
        if (event === undefined) return;
        const { occurredAt, ...texts } = event;
        expect(typeof event.type).toBe('string');
        for (const text of Object.values(texts)) expect(typeof text).toBe('string');
        expect(typeof (occurredAt ?? 0)).toBe('number');
        definition.webhooks!.lifecycle?.(event, body);
      },
    );
    await campaign.check({ runs: 3_000 }, payload, (body) => {
      for (const hint of fynd.definition.webhooks!.hints!) hint.read(body, FYND);
    });
  });

  it('S24: cookies, random and mutated', async () => {
    const sealing = new SealingService();
    sealing.use([{ id: 'k1', key: randomBytes(32) }]);
    const sessions = new SessionService(
      sealing,
      new FlockMetrics(),
      new DatabaseClock(new Database()),
    );
    const scope = { secure: true, embedded: false };
    const none = { method: 'GET', url: '/', headers: {} };
    const real = sessions.start(none, [{ id: 'c1', epoch: 0 }], { scope }).split(';')[0] as string;
    const attempts = new AttemptCookies(scope);
    const hash = 'ab'.repeat(32);
    const pending = attempts.begin(none, hash, 'binding')[0]?.split(';')[0] as string;
    expect(sessions.read({ ...none, headers: { cookie: real } }, scope)?.connections).toHaveLength(
      1,
    );
    const one = fc.oneof(
      mutationOf(real),
      mutationOf(pending),
      hostileText,
      fc
        .tuple(hostileText, hostileText)
        .map(([name, value]) => `__Host-flock_attempt_${name}=${value}`),
      hostileText.map((text) => `__Host-flock_session=${text}`),
    );
    await campaign.check({ runs: 8_000 }, fc.array(one, { maxLength: 6 }), (cookies) => {
      const request = { ...none, headers: { cookie: cookies.join('; ') } };
      readCookies(request);
      const found = sessions.read(request, scope);
      // A sealed value is what it was, or it is nothing.
      if (found !== undefined) expect(found.connections).toEqual([{ id: 'c1', epoch: 0 }]);
      attempts.binding(request, hash);
      for (const cookie of attempts.begin(request, hash, 'b'))
        expect(cookie).toMatch(/^__Host-flock_attempt_/);
    });
  });

  it('F18, F19: token answers of any status, header and body', async () => {
    const fields = {
      access_token: ['at', 'x'.repeat(3_000)],
      refresh_token: ['rt'],
      token_type: ['Bearer'],
      expires_in: [3_600, '3600'],
      scope: ['a b', 'a,b', ['a', 'b']],
      error: ['invalid_grant', 'invalid_client', 'server_error', { code: 'invalid_grant' }],
      id_token: [`x.${Buffer.from('{"iss":"i","aud":"a","sub":"s"}').toString('base64url')}.y`],
      environment_grant_id: ['g'],
      merchant_id: ['m'],
      partner_app_install_id: ['i'],
      mode: ['test'],
      current_user: [{ _id: 'u' }],
    };
    const answer = fc.record({
      kind: fc.constant('answered' as const),
      status: fc.oneof(
        fc.constantFrom(200, 201, 204, 302, 400, 401, 403, 429, 500, 503),
        fc.integer({ min: 100, max: 999 }),
      ),
      retryAfter: fc.option(fc.oneof(hostileText, hostileNumber.map(String)), { nil: undefined }),
      body: jsonOf(objectOf(fields)),
    });
    await campaign.check({ runs: 12_000 }, fc.tuple(answer, fc.nat(4)), ([response, index]) => {
      const { definition } = PROVIDERS[index] as (typeof PROVIDERS)[0];
      const outcome = readTokenAnswer(response, definition.tokenProblem);
      const wait = readRetryAfter(response.retryAfter) ?? 0;
      expect(wait >= 0 && wait <= 3_600).toBe(true);
      if (outcome.kind === 'dead') expect(response.body.toLowerCase()).toContain('invalid_grant');
      if (outcome.kind !== 'granted') return;
      const result = readTokenResult(
        outcome.answer,
        { scopes: 'before' },
        CAUTIOUS_PROFILE,
        Date.now(),
      );
      expect(result.tokens.accessToken).toBe(outcome.answer.access_token);
      expect(result.lifeMs).toBeGreaterThan(0);
      expect(Number.isSafeInteger(result.expiresAt)).toBe(true);
      // Every store must be able to keep it.
      expect(result.scopes).not.toContain('\u0000');
      readIdToken(outcome.answer, { issuer: 'i', audience: 'a' });
      const request = { environment: 'test', parameters: {}, account: '1' };
      defined(() =>
        flint.definition.install!.account(outcome.answer, {
          request,
          grant: 'code',
          options: FLINT,
        }),
      );
      defined(() =>
        fynd.definition.install!.account(outcome.answer, {
          request,
          grant: 'online',
          options: FYND,
        }),
      );
    });
    await campaign.check({ runs: 3_000 }, hostileValue, (scope) => {
      expect(readGrantedScopes(scope) ?? '').not.toContain('\u0000');
    });
  });

  it('S14, S15: sealed values open as they were or not at all', async () => {
    const sealer = new Sealer(new KeyRing([{ id: 'k1', key: randomBytes(32) }]));
    const place = { table: 't', row: 'r', column: 'c' };
    const text = '{"accessToken":"at"}';
    const sealed = sealer.seal(place, text);
    await campaign.check(
      { runs: 8_000 },
      fc.oneof(
        bytesLike(sealed),
        fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
      ),
      (bytes) => {
        try {
          expect(sealer.open(place, bytes)).toBe(text);
          expect(bytes.equals(sealed)).toBe(true);
        } catch (error) {
          if (!(error instanceof UnsealError)) throw error;
        }
      },
    );
    await campaign.check({ runs: 2_000 }, jsonOf(hostileValue), (json) => {
      try {
        expect(typeof readTokenSet(json).accessToken).toBe('string');
      } catch (error) {
        if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
      }
    });
  });

  it('S10, S11, S17: links, return paths and servers', async () => {
    await campaign.check({ runs: 3_500 }, query, (params) => {
      const asked = defined(() => flint.definition.install!.request(params, FLINT));
      if (asked !== undefined) expect(['test', 'live']).toContain(asked.environment);
      defined(() => fynd.definition.install!.request(params, FYND));
    });
    const pieces = fc.constantFrom(
      '/',
      '//',
      '.',
      '..',
      '\\',
      '%2e',
      '%2f',
      'a',
      'evil.example',
      '@',
      ':',
      '?',
      '#',
      '\t',
    );
    const targets = fc.oneof(
      hostileText,
      fc.array(pieces, { maxLength: 8 }).map((some) => `/${some.join('')}`),
    );
    await campaign.check({ runs: 3_000 }, targets, (target) => {
      const origin = 'https://host.example';
      const path = readReturnPath(target, origin);
      if (path !== undefined) expect(new URL(path, origin).origin).toBe(origin);
    });
    const app = new RegisteredApp(flinksPay.definition, 'flinks-pay', FLINKS_PAY, {}, {});
    const server = fc.oneof(
      hostileText,
      hostileText.map((text) => `https://${text}.flinks.example`),
      hostileText.map((text) => `https://a.flinks.example${text}`),
    );
    await campaign.check({ runs: 3_000 }, server, (url) => {
      const checked = defined(() => checkServerUrl(app, url));
      if (checked !== undefined) expect(new URL(checked).hostname).toMatch(/\.flinks\.example$/);
    });
    const requests = fc.tuple(
      hostileText,
      fc.option(fc.oneof(hostileText, fc.array(hostileText)), { nil: undefined }),
    );
    await campaign.check({ runs: 3_000 }, requests, ([text, header]) => {
      const request = {
        method: 'GET',
        url: `/x?company_id=${text}`,
        headers: { 'x-company-id': header as string },
        params: { companyId: text },
      };
      readQuery(request);
      readHeader(request, 'x-company-id');
      defined(() => namedCompany(request));
      const call = {
        method: 'POST',
        url: `/${text}?${text}`,
        headers: { 'x-fp-date': text },
        body: text,
      };
      try {
        expect(isSignedBy(call, 'secret', text)).toBe(false);
      } catch (error) {
        // A path that cannot be decoded; the guard refuses it.
        if (!(error instanceof URIError)) throw error;
      }
      readProxyCall({ 'x-application-data': text, 'x-user-data': JSON.stringify({ text }) });
    });
  });

  it('S22: answers of APIs and administrations, in any shape and depth', async () => {
    const ids = ['id_1'];
    const body = objectOf({
      data: [
        {
          partner_app_id: 'a',
          client_id: 'c',
          secret: 's',
          permission_manifest: [{ required_scopes: ['x'] }],
          requested_permissions: [null, 1],
        },
        [null],
        [],
      ],
      items: [[{ event_configs: [{ event_category: 'a', event_name: 'b' }] }], [null], [[]], []],
      item: [],
      pageInfo: [{ hasMore: false }, { pageIndex: 0, totalItems: 1 }],
      total: [0, 1],
      orders: [[{ externalId: 'x', offers: [{ apr: 1 }, null] }], [null]],
      card: [{ number: '4111111111111111', expirationMonth: 1 }],
      errors: [{ isDuplicate: true }, { amount: [] }],
      error: ['access_denied', { code: 'x', missing_scopes: ['a', 1] }],
      code: ['X'],
      request_id: ids,
      traceId: ids,
      correlationId: ids,
      errorCode: ['X'],
      ErrorCode: ['X'],
      codeName: ['X'],
      message: ['m'],
      statusCode: [403, '403'],
      declineDetails: [{ code: '05' }],
      transactionStatus: ['Declined'],
      transactionId: ids,
      id: ids,
      requestId: ids,
      status: ['active'],
      partner_app_id: ids,
      client_id: ids,
      partner_app_install_id: ids,
      merchant_id: ids,
      environment_grants: [[{ environment_grant_id: 'g' }], [null], {}],
      permission_manifest: [[null, { required_scopes: [1] }]],
      events: [[null, { amount: 1 }]],
      original_amount: [1.5, '1.50'],
      price: [1.5, '1.50'],
      redirectUrl: ['https://x.example'],
      url: ['https://x.example'],
      secret: ['s'],
      eventTypes: [['x', 1]],
      next_page_token: ['n'],
      toString: [],
    });
    const json = jsonOf(body).map((text): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        return text;
      }
    });
    const status = fc.constantFrom(400, 401, 403, 404, 409, 422, 500);
    await campaign.check({ runs: 5_000 }, fc.tuple(json, status), async ([answer, code]) => {
      for (const { definition } of PROVIDERS) {
        const problem = definition.apiProblem?.(answer, code) ?? {};
        const { code: named, requestId, missingScopes = [] } = problem;
        for (const text of [named, requestId, ...missingScopes].filter((one) => one !== undefined))
          expect(text).toMatch(/^[A-Za-z0-9_.:-]{1,128}$/);
        definition.apiFailure?.(answer, '/api/checkout/v1/orders/x/payment');
        definition.tokenProblem?.(answer, code);
      }
      const response = { status: 200, headers: {}, data: answer };
      defined(() => readFlintPage(response, 'a list', readPartnerApp));
      defined(() => readFlintPage(response, 'a list', readPartnerInstall));
      const app = readPartnerApp(answer);
      if (app !== undefined) expect(JSON.stringify(app)).not.toMatch(/"[^"]*secret[^"]*":/i);
      readPartnerInstall(answer);
      readFlintWebhook(answer);
      readPreview(answer, 'test');
      declineOf(answer);
      readWebhook(answer);
      readPing(answer);
      secretOf(answer);
      answeredId(answer, 'requestId');
      answeredText(answer, 'status');
      defined(() => readOffers(answer));
      defined(() => readOrder(answer, 'read'));
      defined(() => readTransaction(answer));
      const card = defined(() => readCard(answer));
      if (card !== undefined) expect(JSON.stringify(card)).not.toContain('4111111111111111');
      readSubscribers(answer);
      let pages = 0;
      const list = itemsOf(
        {
          get: async () =>
            ((pages += 1) < 4 ? response : { ...response, data: { items: [], total: 0 } }) as never,
        },
        '/x',
        {},
      );
      try {
        for await (const item of list) void item;
      } catch (error) {
        if (!(error instanceof FlockError)) throw error;
      }
    });
    await campaign.check({ runs: 1_000 }, hostileText, (text) => {
      const hidden = new HiddenSecret(`canary-${text}`);
      expect(`${hidden.toString()} ${JSON.stringify({ hidden })}`).not.toContain('canary');
      membersOf(text);
    });
  });

  it('command lines', async () => {
    const words = fc.array(
      fc.oneof(
        fc.constantFrom(
          '--port',
          '--host',
          '--provider',
          '--client-id',
          '--client-secret',
          '--redirect-uri',
          '--access-token-seconds',
          '--code-seconds',
          '--json',
          '--help',
          '--no-json',
          '-p',
          '--',
          'flint',
          '0',
          '--port=99999999',
          '--json=x',
          '--__proto__=1',
        ),
        infamous,
        hostileText,
      ),
      { maxLength: 6 },
    );
    await campaign.check({ runs: 8_000 }, words, (argv) => {
      try {
        readArguments(argv);
      } catch (error) {
        if (!(error instanceof SandboxError)) throw error;
      }
    });
  });
});
