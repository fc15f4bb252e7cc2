import fc from 'fast-check';
import type { INestApplication } from '@nestjs/common';
import { ConnectionService, FlockError, TokenService } from '@nest-flock/core';
import { FlintModule } from '@nest-flock/flint';
import { FluteModule } from '@nest-flock/flute';
import { randomUUID } from 'node:crypto';
import { Fleet } from '../../../libs/core/src/foundation/fleet/fleet.js';
import { ConnectionCache } from '../../../libs/core/src/connection/connection.cache.js';
import { tokenSetPlace } from '../../../libs/core/src/connection/seal-places.js';
import { InstalledConnectionStore } from '../../../libs/core/src/install/installed-connection.store.js';
import { CircuitService } from '../../../libs/core/src/token/endpoint/circuit.service.js';
import { SealingService } from '../../../libs/core/src/foundation/sealing/sealing.service.js';
import { readTokenSet } from '../../../libs/core/src/connection/token-set.js';
import { Browser } from '../../support/browser.js';
import { DATABASES } from '../../support/databases.js';
import type { TestDatabase } from '../../support/databases.js';
import { freePort } from '../../support/host.js';
import { NoisyLogger } from '../../support/noisy-logger.js';
import { startApp } from '../../support/start-app.js';
import { wellFormed } from './support/arbitraries.js';
import { Canaries } from './support/canaries.js';
import { Campaign } from './support/campaign.js';
import { startStubProvider } from './support/stub-provider.js';
import type { StubProvider } from './support/stub-provider.js';
import { isInvalidGrant, sendWild, wildAnswer } from './support/token-answers.js';
import type { WildAnswer } from './support/token-answers.js';

const campaign = new Campaign('tokens');
const BATCH = 16;
/** The ends that a caller of `getAccessToken` is promised. */
const ENDS = [
  'provider_unavailable',
  'provider_rate_limited',
  'renewal_timeout',
  'reauthorization_required',
  'app_credentials_rejected',
  'provider_refused',
  'ip_not_allowed',
];
/** In every token that was issued or is stored. */
const MARK = 'canary-token';
const [, openDatabase] = DATABASES.at(-1) as (typeof DATABASES)[0];

describe('token endpoints that answer anything', () => {
  const canaries = new Canaries();
  const logger = new NoisyLogger();
  /** By what a request was sent with: a refresh token, a code or a client id. */
  const answers = new Map<string, WildAnswer>();
  let database: TestDatabase;
  let stub: StubProvider;
  let app: INestApplication;
  let url: string;
  let count = 0;

  beforeAll(async () => {
    canaries.plant('a token', MARK);
    canaries.plant('a client secret', 'canary-client-secret');
    canaries.plant('a code', 'canary-code');
    database = await openDatabase();
    stub = await startStubProvider((request, body, response) => {
      const parameters = new URLSearchParams(body);
      const basic =
        Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64')
          .toString()
          .split(':')[0] ?? '';
      const found = [parameters.get('refresh_token'), parameters.get('code'), basic]
        .map((key) => answers.get(key ?? ''))
        .find(Boolean);
      if (found === undefined) response.writeHead(500).end();
      else sendWild(found, response);
    });
    const port = await freePort();
    url = `http://localhost:${port}`;
    app = await startApp({
      port,
      database,
      logger,
      flock: {
        background: false,
        renewal: {
          spendStopAfter: 1_000_000,
          credentialStopAfter: 1_000_000,
          httpTimeoutMs: 5_000,
          backoffBaseMs: 1,
          backoffCapMs: 1,
        },
      },
      imports: [
        FlintModule.forRoot({
          clientId: 'fpc_x',
          clientSecret: 'canary-client-secret',
          baseUrl: stub.url,
          redirectUri: `${url}/flint/oauth/callback`,
        }),
        FluteModule.forRoot({ environments: [], sandboxTokenUrl: `${stub.url}/token` }),
      ],
    });
    // One answer that asks for quiet would keep all cases after it from being sent.
    app.get(Fleet).limits.pause = async () => undefined;
  });
  afterAll(async () => {
    await app.close();
    await stub.stop();
    await database.drop();
  });

  const rowOf = async (id: string) =>
    (await database.sql('SELECT * FROM flock_connection WHERE id = ?', [id]))[0] as Record<
      string,
      unknown
    >;
  const tokensOf = (row: Record<string, unknown>) =>
    readTokenSet(
      app.get(SealingService).open(tokenSetPlace(String(row.id)), row.token_set as Buffer),
    );
  const outcomeOf = async (work: Promise<string>): Promise<{ token?: string; code?: string }> => {
    try {
      return { token: await work };
    } catch (error) {
      canaries.refuse('an error', error);
      if (!(error instanceof FlockError)) throw error;
      expect(ENDS).toContain(error.code);
      return { code: error.code };
    }
  };
  const batch = (runs: number, holds: (answer: WildAnswer, key: string) => Promise<void>) =>
    campaign.check(
      { runs, batch: BATCH },
      fc.array(wildAnswer(MARK), { minLength: BATCH, maxLength: BATCH }),
      async (given) => {
        await database.sql('DELETE FROM flock_circuit');
        await app.get(CircuitService).reload();
        answers.clear();
        const cases = given.map((answer) => [answer, `${MARK}-${(count += 1)}`] as const);
        for (const [answer, key] of cases) answers.set(key, answer);
        await Promise.all(cases.map(([answer, key]) => holds(answer, key)));
      },
    );

  it('F9, F18: a renewal ends as promised; the token is kept, and dead only after a definite invalid_grant', async () => {
    await batch(30, async (answer, key) => {
      const { connection } = await app.get(InstalledConnectionStore).store({
        attemptId: randomUUID(),
        provider: 'flint',
        app: 'flint',
        account: {
          account: `account-${key}`,
          environment: 'test',
          merchant: `mer-${key}`,
          install: 'i',
        },
        actor: 'test',
        tokens: { accessToken: `${key}-before`, refreshToken: key },
        scopes: 'before',
        expiresAt: Date.now() + 3_600_000,
        dueAt: null,
        transferFrom: [],
      });
      const { token, code } = await outcomeOf(
        app.get(TokenService).getAccessToken(connection.id, { rejected: `${key}-before` }),
      );
      const row = await rowOf(connection.id);
      const kept = tokensOf(row);
      expect(row.claim_id).toBeNull();
      expect([row.status, code === 'reauthorization_required']).toEqual(
        isInvalidGrant(answer) ? ['reauthorization_required', true] : ['active', false],
      );
      if (token === undefined) {
        // Nothing was granted that a caller can use; what is stored can still be spent.
        expect(kept.refreshToken).toBeDefined();
        if (Number(row.token_version) === 1)
          expect(kept).toMatchObject({ accessToken: `${key}-before`, refreshToken: key });
      } else {
        expect(kept.accessToken).toBe(token);
        expect(Number(row.token_version)).toBe(2);
        expect(wellFormed(answer.body)).toContain(JSON.stringify(token).slice(1, -1));
      }
    });
  });

  it('an install ends on its page or with a connection that is stored', async () => {
    await batch(12, async (answer, key) => {
      const browser = new Browser(url);
      const start = await browser.open('/flint/install?mode=test');
      const state = new URL(start.location as string).searchParams.get('state') as string;
      const page = await browser.open(`/flint/oauth/callback?state=${state}&code=${key}&mode=test`);
      canaries.refuse('a page', page.text, page.location ?? '');
      if (page.status === 303) {
        expect(browser.cookies.has('flock_session')).toBe(true);
        expect(answer.body).toContain('access_token');
      } else {
        expect(page.text).toMatch(/<code>(install_failed|connection_owned_elsewhere)<\/code>/);
        expect(browser.cookies.has('flock_session')).toBe(false);
      }
    });
  });

  it('client credentials, whose end is never a merchant who has to act', async () => {
    await batch(14, async (_answer, key) => {
      const { id } = await app.get(ConnectionService).register({
        provider: 'flute',
        environment: 'sandbox',
        account: key,
        clientId: key,
        clientSecret: 'canary-client-secret',
      });
      const { token, code } = await outcomeOf(app.get(TokenService).getAccessToken(id));
      const row = await rowOf(id);
      expect(row.status).toBe('active');
      expect(row.claim_id).toBeNull();
      expect(code).not.toBe('reauthorization_required');
      if (token !== undefined) expect(tokensOf(row).accessToken).toBe(token);
    });
  });

  it('S22, S23: nothing secret came out, and every stored token can be opened', async () => {
    const rows = await database.sql('SELECT * FROM flock_connection WHERE token_set IS NOT NULL');
    expect(rows.length).toBeGreaterThan(20);
    for (const row of rows) tokensOf(row);
    canaries.refuse('the log', logger.lines.join('\n'));
    const events = await database.sql('SELECT * FROM flock_event');
    expect(events.length).toBeGreaterThan(20);
    for (const { connection_id: _id, ...event } of events)
      canaries.refuse('the audit trail', event);
    app.get(ConnectionCache).clear();
  });

  it('ran as many cases as it promises', () => campaign.finish());
});
