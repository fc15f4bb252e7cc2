import fc from 'fast-check';
import type { INestApplication } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import {
  ConnectionService,
  DeliveryService,
  FlockError,
  OnWebhook,
  TokenService,
  WebhookSecrets,
} from '@nest-flock/core';
import { FlintModule } from '@nest-flock/flint';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ConnectionCache } from '../../../libs/core/src/connection/connection.cache.js';
import { ConnectionReader } from '../../../libs/core/src/connection/connection.reader.js';
import { tokenSetPlace } from '../../../libs/core/src/connection/seal-places.js';
import { DeliveryDispatcher } from '../../../libs/core/src/inbox/delivery.dispatcher.js';
import { DeliveryStore } from '../../../libs/core/src/inbox/delivery.store.js';
import { InstalledConnectionStore } from '../../../libs/core/src/install/installed-connection.store.js';
import { RenewalScheduler } from '../../../libs/core/src/token/renewal/renewal.scheduler.js';
import { RescueService } from '../../../libs/core/src/token/rescue/rescue.service.js';
import { SealingService } from '../../../libs/core/src/foundation/sealing/sealing.service.js';
import { readTokenSet } from '../../../libs/core/src/connection/token-set.js';
import { Browser } from '../../support/browser.js';
import { DATABASES } from '../../support/databases.js';
import type { TestDatabase } from '../../support/databases.js';
import { freePort } from '../../support/host.js';
import { NoisyLogger } from '../../support/noisy-logger.js';
import { until } from '../../support/poll.js';
import { startApp } from '../../support/start-app.js';
import {
  bytesLike,
  hostileNumber,
  hostileText,
  mutationOf,
  wellFormed,
} from './support/arbitraries.js';
import { Campaign } from './support/campaign.js';
import { Canaries } from './support/canaries.js';
import { answerJson, startStubProvider } from './support/stub-provider.js';
import type { StubProvider } from './support/stub-provider.js';

const campaign = new Campaign('store');
const BATCH = 8;
const MARK = 'canary-token';
const SECRET = `whsec_${Buffer.alloc(32, 'canary-secret').toString('base64')}`;
/** Two databases where there are two. */
const runs = [0, 1].map((index) => DATABASES[index % DATABASES.length] as (typeof DATABASES)[0]);

@Injectable()
class Hearing {
  readonly heard = new Set<string>();

  @OnWebhook('flint')
  flint({ eventId }: { eventId: string }): void {
    this.heard.add(eventId);
  }
}

type Row = Record<string, unknown>;

describe.each(runs)('a store that somebody has spoilt, on %s', (name, open) => {
  const canaries = new Canaries();
  const logger = new NoisyLogger();
  let database: TestDatabase;
  let stub: StubProvider;
  let app: INestApplication;
  let url: string;
  let rescueDir: string;
  let victim: string;
  let control: string;
  let count = 0;

  const get = <T>(type: abstract new (...args: never[]) => T): T => app.get<unknown, T>(type);

  const connect = async (account: string): Promise<string> => {
    const { connection } = await get(InstalledConnectionStore).store({
      attemptId: randomUUID(),
      provider: 'flint',
      app: 'flint',
      account: {
        account,
        environment: 'test',
        merchant: `mer-${account}`,
        install: `install-${account}`,
      },
      actor: 'test',
      tokens: {
        accessToken: `${MARK}-access-${account}`,
        refreshToken: `${MARK}-refresh-${account}`,
      },
      scopes: 'a b',
      expiresAt: Date.now() + 3_600_000,
      dueAt: null,
      transferFrom: [],
    });
    return connection.id;
  };

  beforeAll(async () => {
    canaries.plant('a token', MARK);
    canaries.plant('the webhook secret', SECRET);
    database = await open();
    stub = await startStubProvider((_request, _body, response) =>
      answerJson(response, {
        access_token: `${MARK}-new`,
        refresh_token: `${MARK}-new-refresh`,
        expires_in: 3_600,
      }),
    );
    rescueDir = join(database.directory, 'rescue');
    mkdirSync(rescueDir);
    const port = await freePort();
    url = `http://localhost:${port}`;
    app = await startApp({
      port,
      database,
      logger,
      flock: {
        // Nothing happens but what a case asks for.
        background: false,
        rescueDir,
        renewal: { waitMs: 100, httpTimeoutMs: 5_000, spendStopAfter: 1_000_000, backoffCapMs: 1 },
        deliveries: { maxAttempts: 2, retryBaseMs: 1, retryCapMs: 1 },
      },
      providers: [Hearing],
      imports: [
        FlintModule.forRoot({
          clientId: 'fpc_x',
          clientSecret: 'x',
          baseUrl: stub.url,
          redirectUri: `${url}/flint/oauth/callback`,
          webhookSecrets: [SECRET],
        }),
      ],
    });
    victim = await connect('victim');
    control = await connect('control');
  });
  afterAll(async () => {
    await app.close();
    await stub.stop();
    await database.drop();
  });

  const rowOf = async (table: string, id: string): Promise<Row> =>
    (await database.sql(`SELECT * FROM ${table} WHERE id = ?`, [id]))[0] as Row;
  const put = async (table: string, id: string, changes: Row): Promise<void> => {
    const names = Object.keys(changes);
    await database.sql(
      `UPDATE ${table} SET ${names.map((one) => `${one} = ?`).join(', ')} WHERE id = ?`,
      [...Object.values(changes), id],
    );
  };
  /** Ends with a value or an error of ours, and says nothing secret. */
  const defined = async (work: Promise<unknown>): Promise<void> => {
    try {
      const found = await work;
      if (typeof found !== 'string') canaries.refuse('a result', found);
    } catch (error) {
      if (!(error instanceof FlockError)) throw error;
      canaries.refuse('an error', error);
    }
  };
  const assertOthersGoOn = async (): Promise<void> => {
    get(ConnectionCache).clear();
    expect(await get(TokenService).getAccessToken(control)).toContain(MARK);
  };

  const typed = name !== 'sqlite';
  const text = (longest: number) =>
    hostileText.map((one) =>
      typed ? wellFormed(one).replaceAll('\u0000', '').slice(0, longest) : one,
    );
  const whole = (most: number) =>
    fc
      .oneof(fc.constantFrom(most, -most, 0, 1, -1), hostileNumber)
      .map((number) => (typed ? Math.round(Math.max(-most, Math.min(most, number))) : number));
  const count32 = whole(2_147_483_647);
  const instant = fc.option(whole(9_007_199_254_740_991 * 512), { nil: null });
  const loose = (one: fc.Arbitrary<unknown>) =>
    typed ? one : fc.oneof({ weight: 4, arbitrary: one }, { weight: 1, arbitrary: hostileText });

  it('F36, F37: a connection whose row makes no sense is unusable by itself', async () => {
    const whole = await rowOf('flock_connection', victim);
    const other = await rowOf('flock_connection', control);
    const sealed = fc.oneof(
      bytesLike(whole.token_set as Buffer),
      fc.constant(other.token_set as Buffer),
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    );
    const columns = {
      environment: text(64),
      merchant: fc.option(text(190)),
      install: fc.option(text(190)),
      owner: fc.option(text(190)),
      scopes: text(500),
      status: fc.oneof(fc.constantFrom('active', 'revoked', 'reauthorization_required'), text(32)),
      status_reason: fc.option(text(64)),
      generation: loose(count32),
      token_version: loose(count32),
      session_epoch: loose(count32),
      token_set: fc.option(sealed, { nil: null, freq: 8 }),
      credential: fc.option(sealed, { nil: null }),
      server_url: fc.option(fc.oneof(text(400), fc.constant('https://x.example'))),
      installed_at: loose(instant.map((at) => at ?? 0)),
      refreshed_at: loose(instant),
      expires_at: loose(instant),
      due_at: fc.oneof(fc.constant(0), loose(instant)),
      used_version: loose(count32),
      claim_id: fc.option(text(36)),
      claim_until: loose(instant),
      claim_version: loose(fc.option(count32, { nil: null })),
      unknown_outcomes: loose(count32),
      failures: loose(count32),
      failure: fc.option(text(32)),
      retry_at: loose(instant),
      provider_time: loose(instant),
      changed_at: loose(instant.map((at) => at ?? 0)),
    };
    const change = fc
      .subarray(Object.keys(columns) as (keyof typeof columns)[], { minLength: 1, maxLength: 4 })
      .chain((names) => fc.record(Object.fromEntries(names.map((one) => [one, columns[one]]))));
    await campaign.check({ runs: 150 }, change, async (changes) => {
      await put('flock_connection', victim, changes);
      // Claimed together with the spoilt one.
      await put('flock_connection', control, {
        due_at: Date.now() - 1_000,
        retry_at: null,
      });
      get(ConnectionCache).clear();
      get(ConnectionReader).readViewsAnew();
      await defined(get(TokenService).getAccessToken(victim));
      await defined(get(ConnectionService).get(victim));
      await defined(get(ConnectionService).find());
      const version = Number((await rowOf('flock_connection', control)).token_version);
      await get(RenewalScheduler).tick();
      await until(
        async () => Number((await rowOf('flock_connection', control)).token_version) > version,
      );
      await assertOthersGoOn();
      const { id: _id, ...before } = whole;
      await put('flock_connection', victim, before);
    });
  });

  it('deliveries that were edited end or wait; the others are handled', async () => {
    const body = JSON.stringify({ event_type: 'order.paid', data: {} });
    const columns = {
      source: fc.oneof(fc.constantFrom('task', 'connection'), text(16)),
      provider: text(64),
      app: text(64),
      tenant: fc.option(text(190)),
      type: text(190),
      connection_id: fc.option(text(36)),
      occurred_at: loose(instant),
      received_at: loose(instant.map((at) => at ?? 0)),
      body: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      status: fc.oneof(fc.constantFrom('done', 'dead'), text(16)),
      handlers: fc.oneof(
        fc.constantFrom(
          'null',
          '[]',
          '1',
          '"x"',
          '{"a":null}',
          '{"a":1}',
          '{"a":{"state":"weird"}}',
          '{"__proto__":{"state":"pending"}}',
          '{"Hearing.flint":{"state":"pending","failures":"x"}}',
          '{"gone":{"state":"pending"}}',
          '{',
        ),
        text(200),
      ),
      attempts: loose(count32),
      runs: loose(count32),
      claim_id: fc.option(text(36)),
      claim_until: loose(instant),
      finished_at: loose(instant),
    };
    const change = fc
      .subarray(Object.keys(columns) as (keyof typeof columns)[], { minLength: 1, maxLength: 3 })
      .chain((names) => fc.record(Object.fromEntries(names.map((one) => [one, columns[one]]))));
    const dispatcher = get(DeliveryDispatcher);
    const { running } = dispatcher as unknown as { running: Map<string, unknown> };
    await campaign.check(
      { runs: 34, batch: BATCH },
      fc.array(change, { minLength: BATCH, maxLength: BATCH }),
      async (changes) => {
        const add = async () => {
          const eventId = `event-${(count += 1)}`;
          await get(DeliveryStore).add({
            source: 'webhook',
            provider: 'flint',
            app: 'flint',
            eventId,
            type: 'order.paid',
            body,
            delayMs: 60_000,
          });
          return eventId;
        };
        const spoilt = await Promise.all(changes.map(add));
        const sound = await add();
        for (const [index, eventId] of spoilt.entries()) {
          const [{ id } = { id: '' }] = await database.sql(
            'SELECT id FROM flock_delivery WHERE event_id = ?',
            [eventId],
          );
          await put('flock_delivery', String(id), changes[index] as Row);
        }
        await database.sql('UPDATE flock_delivery SET due_at = 1');
        dispatcher.wake();
        await until(async () => {
          dispatcher.wake();
          return get(Hearing).heard.has(sound) && running.size === 0;
        });
        const claimed = changes.flatMap((one, index) =>
          'claim_id' in one || 'claim_until' in one ? [] : [spoilt[index]],
        );
        // One that stays claimed has an end that was not recorded; one that is tried again is claimed for a moment.
        await until(async () => {
          const left = await database.sql(
            'SELECT event_id FROM flock_delivery WHERE claim_id IS NOT NULL',
          );
          return !left.some(({ event_id: one }) => claimed.includes(one as string));
        });
        const page = await get(DeliveryService).list();
        canaries.refuse('the deliveries', page);
        for (const { id } of page.deliveries) await defined(get(DeliveryService).get(id));
        await get(DeliveryService).backlog();
        await database.sql('DELETE FROM flock_delivery');
      },
    );
  });

  it('attempts that were edited end on a page', async () => {
    const columns = {
      provider: text(64),
      app: text(64),
      environment: text(64),
      binding_hash: text(64),
      host_user: fc.option(text(190)),
      owner: fc.option(text(190)),
      context: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      expires_at: loose(instant.map((at) => at ?? 0)),
      consumed_at: loose(instant),
      outcome: fc.option(
        fc.oneof(
          fc.constantFrom('finished', 'constructor', 'toString', 'install_failed'),
          text(32),
        ),
      ),
    };
    const change = fc
      .subarray(Object.keys(columns) as (keyof typeof columns)[], { minLength: 1, maxLength: 3 })
      .chain((names) => fc.record(Object.fromEntries(names.map((one) => [one, columns[one]]))));
    await campaign.check({ runs: 60 }, change, async (changes) => {
      const browser = new Browser(url);
      const started = await browser.open('/flint/install?mode=test');
      const state = new URL(started.location as string).searchParams.get('state') as string;
      const [{ id } = { id: '' }] = await database.sql(
        'SELECT id FROM flock_authorization_request ORDER BY created_at DESC LIMIT 1',
      );
      await put('flock_authorization_request', String(id), changes);
      const page = await browser.open(
        `/flint/oauth/callback?state=${state}&error=access_denied&mode=test`,
      );
      if (page.status >= 500) expect(page.text).toContain('<code>install_failed</code>');
      canaries.refuse('a page', page.text);
      await database.sql('DELETE FROM flock_authorization_request');
    });
  });

  it('a webhook secret that cannot be opened leaves the others', async () => {
    const of = { provider: 'flint', tenant: 'mer' };
    const flint = app.get(WebhookSecrets);
    await flint.add(of, SECRET);
    const sound = `whsec_${Buffer.alloc(32, 'another-secret').toString('base64')}`;
    await flint.add(of, sound);
    const { registry } = flint as unknown as { registry: { get(provider: string): never } };
    const { known } = flint as unknown as { known: Map<string, unknown> };
    const [row = {}] = await database.sql(
      'SELECT * FROM flock_webhook_secret ORDER BY expires_at IS NULL LIMIT 1',
    );
    await campaign.check({ runs: 60 }, bytesLike(row.secret as Buffer), async (secret) => {
      await put('flock_webhook_secret', String(row.id), { secret });
      known.clear();
      expect(await flint.of(registry.get('flint'), 'mer')).toContain(sound);
    });
  });

  it('F4: rescue files that are cut, swapped, huge or no files at all keep nobody from starting, and no tokens from others', async () => {
    const sealing = app.get(SealingService);
    const rescue = get(RescueService);
    const { pending } = rescue as unknown as { pending: Map<string, unknown> };
    const recordOf = (id: string, sealedFor: string, row: Row, attemptId: string) =>
      JSON.stringify({
        version: 1,
        kind: 'tokens',
        attemptId,
        provider: 'flint',
        app: 'flint',
        connectionId: id,
        data: {
          id,
          attempt: attemptId,
          generation: Number(row.generation),
          spent: Number(row.token_version),
          token_set: sealing
            .seal(
              tokenSetPlace(sealedFor),
              JSON.stringify({
                accessToken: `${MARK}-rescued-${attemptId}`,
                refreshToken: `${MARK}-r`,
              }),
            )
            .toString('base64'),
          scopes: 'a',
          expires_at: Date.now() + 3_600_000,
          due_at: null,
        },
      });
    const kinds = [
      'mutated',
      'mutated',
      'mutated',
      'swapped',
      'directory',
      'symlink',
      'pipe',
      'huge',
      'forbidden',
      'renamed',
      'empty',
    ] as const;
    const file = fc.record({
      kind: fc.constantFrom(...kinds),
      cut: fc.nat(),
      junk: hostileText,
      seed: fc.nat(),
    });
    await campaign.check(
      { runs: 20, batch: BATCH },
      fc.array(file, { minLength: BATCH, maxLength: BATCH }),
      async (files) => {
        const row = await rowOf('flock_connection', victim);
        const nameOf = (attempt: string) =>
          join(rescueDir, `${hostname()}.999999999.deadbeef.${attempt}.json`);
        for (const { kind, junk, seed } of files) {
          const attempt = randomUUID();
          const content = recordOf(victim, kind === 'swapped' ? control : victim, row, attempt);
          const path = nameOf(attempt);
          if (kind === 'directory') mkdirSync(path);
          else if (kind === 'symlink') symlinkSync('/etc/passwd', path);
          else if (kind === 'pipe') execFileSync('mkfifo', [path]);
          else if (kind === 'renamed')
            writeFileSync(nameOf(randomUUID()), content.replace(attempt, `../../${attempt}`));
          else
            writeFileSync(
              path,
              kind === 'mutated'
                ? (fc.sample(mutationOf(content), { numRuns: 1, seed })[0] as string)
                : kind === 'empty'
                  ? junk
                  : content,
            );
          if (kind === 'huge') truncateSync(path, 3_000_000_000);
          if (kind === 'forbidden') chmodSync(path, 0o000);
        }
        // One that is whole.
        const attempt = randomUUID();
        const intact = await rowOf('flock_connection', control);
        writeFileSync(nameOf(attempt), recordOf(control, control, intact, attempt));
        await rescue.recover();
        const after = await rowOf('flock_connection', control);
        expect(after.attempt_id).toBe(attempt);
        for (const id of [victim, control]) {
          const { token_set: stored } = await rowOf('flock_connection', id);
          readTokenSet(sealing.open(tokenSetPlace(id), stored as Buffer));
        }
        await assertOthersGoOn();
        pending.clear();
        for (const left of readdirSync(rescueDir))
          rmSync(join(rescueDir, left), { recursive: true });
      },
    );
  });

  it('S22, S23: nothing secret came out', () => {
    expect(logger.lines.length).toBeGreaterThan(10);
    canaries.refuse('the log', logger.lines.join('\n'));
  });
});

describe('the campaign', () => {
  it('ran as many cases as it promises', () => campaign.finish());
});
