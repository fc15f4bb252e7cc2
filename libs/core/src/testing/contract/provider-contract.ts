import assert from 'node:assert/strict';
import type { Connection } from '../../provider/connection.js';
import { RenewalScheduler } from '../../token/renewal/renewal.scheduler.js';
import type { FlockErrorCode } from '../../foundation/errors/error-codes.js';
import { BAD_ANSWERS, ODD_LIVES, RAW_WORDS } from './bad-answers.js';
import type { BadAnswer } from './bad-answers.js';
import { QUICK } from './contract-host.js';
import { globalRunner } from './contract-runner.js';
import type { ContractRunner } from './contract-runner.js';
import type { ContractSubject } from './contract-subject.js';
import { ContractWorld } from './contract-world.js';
import { parametersOf, fieldsOf } from './wire-secrets.js';

/**
 * What every provider must pass: real hosts, a real store, and real HTTP through a proxy that
 * disturbs it. Call it in a test file with a subject, which says how your provider is started and
 * connected; rows that do not concern a provider are left out by its capabilities.
 *
 * ```ts
 * import { providerContract } from '@nest-flock/core/testing';
 * providerContract(acme);
 * ```
 *
 * A row waits at most 15 s; give the tests 30 s.
 *
 * @param runner default: the globals of Jest, or of Vitest with `globals: true`
 */
export function providerContract(
  subject: ContractSubject,
  runner: ContractRunner = globalRunner(),
): void {
  const { describe, it, beforeAll, afterAll } = runner;
  const { needsPerson, rotates, tokenPerUse, refreshes, environments } = subject.capabilities;
  const hasRefreshTokens = needsPerson || refreshes;
  /** Where there is a token to go on with, even a clear no is worth a later try. */
  const toldAs = (means: BadAnswer['means']): FlockErrorCode => {
    if (means === 'rejected') return 'app_credentials_rejected';
    return means === 'refused' && tokenPerUse ? 'provider_refused' : 'provider_unavailable';
  };

  describe(`${subject.name} keeps the contract of a provider`, () => {
    let world: ContractWorld;
    let one: Connection;
    let other: Connection;
    let second: Connection;

    beforeAll(async () => {
      world = await ContractWorld.start(subject);
      one = await world.connect();
      other = await world.connect({ account: 1 });
      second = await world.connect({ app: 'second' });
    });
    afterAll(() => world?.stop());

    describe('obtaining', () => {
      it('the definition is as its subject says, so no row is left out by mistake', async () => {
        const { definition } = world.app(one);
        assert.deepEqual(
          { needsPerson, tokenPerUse, refreshes, rotates },
          {
            needsPerson: definition.grant === 'authorization_code',
            tokenPerUse: definition.tokenPerUse === true,
            refreshes: definition.refreshes === true,
            rotates: hasRefreshTokens && definition.profile.rotates,
          },
        );
        assert.deepEqual([...environments].sort(), [...definition.environments].sort());
      });

      it('a token is obtained and the provider accepts it', async () => {
        await world.stands(one);
      });

      it('what renews ahead of need finds its way among the accounts', async () => {
        const instance = await world.anotherHost();
        const scheduler = instance.app.get(RenewalScheduler);
        await scheduler.tick();
        await scheduler.stop();
        await instance.stop();
        // Not `doesNotMatch`: its report would hold all of the output.
        const complains = /scheduler could not look/.test(await world.output());
        assert.ok(!complains, 'the scheduler could not look for due renewals');
      });

      if (tokenPerUse) {
        it('every use has a token of its own, also at the same time', async () => {
          const tokens = [await world.token(one), await world.token(one)];
          tokens.push(...(await Promise.all([1, 2, 3, 4].map(() => world.token(one)))));
          assert.equal(new Set(tokens).size, 6);
          const { tokens: calls } = await world.cost(() => world.call(one));
          assert.equal(calls, 1);
        });
      } else {
        it('F31: callers share one token, and one renewal of it', async () => {
          const before = await world.token(one);
          const { tokens: none } = await world.cost(() => world.token(one));
          assert.equal(none, 0);
          const held = world.disturbTokens({ kind: 'hold' });
          let renewed: string[] = [];
          const { tokens: calls } = await world.cost(async () => {
            const waiting = Promise.all(Array.from({ length: 20 }, () => world.renew(one, before)));
            await held.reached;
            held.remove();
            renewed = await waiting;
          });
          assert.equal(calls, 1);
          assert.equal(new Set(renewed).size, 1);
          assert.notEqual(renewed[0], before);
          await world.stands(one);
        });

        it('F8: two instances make one call and share its token', async () => {
          const before = await world.token(one);
          const instance = await world.anotherHost();
          const held = world.disturbTokens({ kind: 'hold' });
          let renewed: string[] = [];
          const { tokens: calls } = await world.cost(async () => {
            const mine = world.renew(one, before);
            await held.reached;
            const theirs = instance.tokens.getAccessToken(one.id, { rejected: before });
            held.remove();
            renewed = await Promise.all([mine, theirs]);
          });
          assert.equal(calls, 1);
          assert.equal(renewed[0], renewed[1]);
        });

        it('a token that ends is replaced by itself', async () => {
          const short = world.disturbTokens({
            kind: 'rewrite',
            change: (answer) => ({ ...answer, expires_in: 2 }),
          });
          const before = await world.renew(one, await world.token(one));
          short.remove();
          await world.replaced(one, before);
        });
      }
    });

    if (hasRefreshTokens) {
      describe('refresh tokens', () => {
        const sent = () =>
          world.tokenCalls.map((call) => parametersOf(call).refresh_token).filter(Boolean);

        if (rotates) {
          it('F14: a rotated refresh token is used next, and the old one never again', async () => {
            const start = sent().length;
            const answered: unknown[] = [];
            for (let round = 0; round < 3; round += 1) {
              await world.renew(one, await world.token(one));
              answered.push(fieldsOf(world.tokenCalls.at(-1)?.answer ?? '').refresh_token);
            }
            assert.deepEqual(sent().slice(start + 1), answered.slice(0, 2));
            assert.equal(new Set(sent()).size, sent().length);
          });
        }

        it('F13: an answer without a refresh token leaves the present one in place', async () => {
          await world.renew(one, await world.token(one));
          const brief = world.disturbTokens({
            kind: 'answer',
            status: 200,
            body: JSON.stringify({
              access_token: MADE_UP,
              token_type: 'Bearer',
              expires_in: 3_600,
            }),
          });
          assert.equal(await world.renew(one, await world.token(one)), MADE_UP);
          brief.remove();
          await world.recovers(one, MADE_UP);
          assert.equal(sent().at(-1), sent().at(-2));
        });

        if (refreshes) {
          it('a refused refresh token is dropped, and a token obtained anew, once', async () => {
            const refusal = world.proxy.disturb(
              (call) => world.isTokenCall(call) && parametersOf(call).refresh_token !== undefined,
              { kind: 'answer', status: 400, body: '{"error":"invalid_grant"}' },
            );
            const before = await world.token(one);
            const { tokens } = await world.cost(() => world.renew(one, before));
            refusal.remove();
            assert.equal(tokens, 2);
            await world.stands(one);
          });
        }
      });
    }

    describe('answers of the token endpoint', () => {
      for (const { name, fault, means } of BAD_ANSWERS) {
        const code = toldAs(means);
        it(`${name}: the caller learns ${code}, and nothing is lost`, async () => {
          const before = await world.token(one);
          const disturbed = world.disturbTokens(fault);
          const renewal = () => world.failure(world.renew(one, before));
          const error = await (fault.kind === 'stall' ? world.hastily(renewal) : renewal());
          if (!tokenPerUse) assert.equal(await world.token(one), before);
          disturbed.remove();
          assert.equal(error.code, code);
          await world.recovers(one, before);
        });
      }

      for (const { name, value } of ODD_LIVES) {
        it(`${name}: the token is good, for as long as the provider's tokens usually are`, async () => {
          const odd = world.disturbTokens({
            kind: 'rewrite',
            change: (answer) => ({ ...answer, expires_in: value }),
          });
          await world.renew(one, await world.token(one));
          odd.remove();
          await world.stands(one);
          if (!tokenPerUse) await lasts(world.app(one).definition.profile.defaultLifetimeSeconds);
        });
      }

      it('F16: expires_in as a whole number in text counts', async () => {
        const text = world.disturbTokens({
          kind: 'rewrite',
          change: (answer) => ({ ...answer, expires_in: '1234' }),
        });
        await world.renew(one, await world.token(one));
        text.remove();
        await world.stands(one);
        if (!tokenPerUse) await lasts(1_234);
      });

      /** By the store's clock, which is this machine's; a minute is nothing among these lives. */
      const lasts = async (seconds: number): Promise<void> => {
        const { expiresAt } = await world.host.connections.get(one.id);
        const rest = (Number(expiresAt) - Date.now()) / 1_000;
        assert.ok(Math.abs(rest - seconds) < 60, `lasts ${rest} s, not ${seconds} s`);
      };

      it('F19: 429 says when to come back, and until then nothing is sent', async () => {
        const before = await world.token(one);
        const asked = performance.now();
        const busy = world.disturbTokens({
          kind: 'answer',
          status: 429,
          headers: { 'retry-after': '2' },
          body: RAW_WORDS,
        });
        const error = await world.failure(world.renew(one, before));
        assert.equal(error.code, 'provider_rate_limited');
        assert.equal(error.retryAfterSeconds, 2);
        if (!tokenPerUse) {
          assert.equal(await world.token(one), before);
          const { tokens } = await world.cost(() => world.failure(world.renew(one, before)));
          // On a machine that stood still the time may have come meanwhile.
          if (performance.now() - asked < 2_000) assert.equal(tokens, 0);
        }
        busy.remove();
        await world.recovers(one, before);
      });

      for (const status of [302, 307]) {
        it(`F23: ${status} is not followed, so the secret goes nowhere else`, async () => {
          const before = await world.token(one);
          const led = world.disturbTokens({
            kind: 'answer',
            status,
            headers: { location: `${world.trap.url}/token` },
          });
          const error = await world.failure(world.renew(one, before));
          led.remove();
          assert.equal(error.code, 'provider_unavailable');
          assert.deepEqual(world.trap.calls, []);
          await world.recovers(one, before);
        });
      }

      it('F24: a rejected credential stops itself, marks nobody, and leaves the other app alone', async () => {
        const tokens = {
          one: await world.token(one),
          other: await world.token(other),
          second: await world.token(second),
        };
        let ours = true;
        const rejected = world.proxy.disturb((call) => ours && world.isTokenCall(call), {
          kind: 'answer',
          status: 401,
          body: JSON.stringify({ error: 'invalid_client', error_description: RAW_WORDS }),
        });
        const asked = performance.now();
        const error = await world.failure(world.renew(one, tokens.one));
        assert.equal(error.code, 'app_credentials_rejected');
        assert.equal(error.retryable, false);
        // Merchants share the app's credential; accounts have one each.
        const sharer = needsPerson ? other : one;
        const { tokens: calls } = await world.cost(async () => {
          const again = await world.failure(
            world.renew(sharer, needsPerson ? tokens.other : tokens.one),
          );
          assert.equal(again.code, 'app_credentials_rejected');
        });
        // On a machine that stood still it may be time to look whether it is accepted again.
        if (performance.now() - asked < QUICK.probeIntervalMs) assert.equal(calls, 0);
        ours = false;
        assert.notEqual(await world.renew(second, tokens.second), tokens.second);
        if (!needsPerson) assert.notEqual(await world.renew(other, tokens.other), tokens.other);
        rejected.remove();
        for (const { id } of [one, other, second]) {
          assert.equal((await world.host.connections.get(id)).status, 'active');
        }
        await world.recovers(one, tokens.one);
        if (needsPerson) await world.recovers(other, tokens.other);
      });

      for (const type of [undefined, '', 'MAC', 7]) {
        it(`F25: token_type ${JSON.stringify(type)} keeps no token from use`, async () => {
          const odd = world.disturbTokens({
            kind: 'rewrite',
            change: (answer) => ({ ...answer, token_type: type }),
          });
          await world.renew(one, await world.token(one));
          odd.remove();
          await world.stands(one);
        });
      }

      if (!tokenPerUse) {
        it('F25: narrower scopes are what the connection has from then on', async () => {
          const narrow = world.disturbTokens({
            kind: 'rewrite',
            change: (answer) => ({ ...answer, scope: 'contract.narrow' }),
          });
          await world.renew(one, await world.token(one));
          narrow.remove();
          const { scopes } = await world.host.connections.get(one.id);
          assert.deepEqual(scopes, ['contract.narrow']);
          await world.renew(one, await world.token(one));
        });
      }
    });

    describe('calls of the API', () => {
      /** A token in memory, where there is one to be had. */
      const renewals = (renewed: number) => (tokenPerUse ? 1 + renewed : renewed);

      it('401 renews the token, and the call is made again', async () => {
        await world.token(one);
        const once = world.disturbApi({ kind: 'answer', status: 401 }, 1);
        const cost = await world.cost(() => world.call(one));
        once.remove();
        assert.deepEqual(cost, { tokens: renewals(1), api: 2 });
      });

      it('401 to the new token as well is an error, not a loop', async () => {
        await world.token(one);
        const always = world.disturbApi({ kind: 'answer', status: 401, body: RAW_WORDS });
        const cost = await world.cost(async () => {
          const error = await world.failure(world.call(one));
          assert.equal(error.code, 'provider_refused');
          assert.equal(error.providerStatus, 401);
        });
        always.remove();
        assert.deepEqual(cost, { tokens: renewals(1), api: 2 });
        await world.stands(one);
      });

      it('403 never renews', async () => {
        await world.token(one);
        const refused = world.disturbApi({ kind: 'answer', status: 403, body: RAW_WORDS });
        const cost = await world.cost(async () => {
          const error = await world.failure(world.call(one));
          assert.equal(error.providerStatus, 403);
        });
        refused.remove();
        assert.deepEqual(cost, { tokens: renewals(0), api: 1 });
        await world.stands(one);
      });

      it('429 says when to come back', async () => {
        const busy = world.disturbApi({
          kind: 'answer',
          status: 429,
          headers: { 'retry-after': '7' },
        });
        const error = await world.failure(world.call(one));
        busy.remove();
        assert.equal(error.code, 'provider_rate_limited');
        assert.equal(error.retryable, true);
        assert.equal(error.retryAfterSeconds, 7);
        await world.stands(one);
      });

      for (const status of [500, 502, 503, 504]) {
        it(`${status} is an end that nobody knows, and no reason to renew`, async () => {
          await world.token(one);
          const down = world.disturbApi({ kind: 'answer', status, body: RAW_WORDS });
          const cost = await world.cost(async () => {
            const error = await world.failure(world.call(one));
            assert.equal(error.code, world.unclear(one));
            assert.equal(error.outcome, 'unknown');
            assert.equal(error.retryable, error.code === 'provider_unavailable');
          });
          down.remove();
          assert.deepEqual(cost, { tokens: renewals(0), api: 1 });
          await world.stands(one);
        });
      }

      it('a reset is an end that nobody knows', async () => {
        const reset = world.disturbApi({ kind: 'reset' });
        const error = await world.failure(world.call(one));
        reset.remove();
        assert.equal(error.code, world.unclear(one));
        assert.equal(error.outcome, 'unknown');
        await world.stands(one);
      });

      for (const status of [301, 302, 307, 308]) {
        it(`S18: ${status} does not lead the token elsewhere`, async () => {
          const led = world.disturbApi({
            kind: 'answer',
            status,
            headers: { location: `${world.trap.url}/things` },
          });
          await world.failure(world.call(one));
          led.remove();
          assert.deepEqual(world.trap.calls, []);
        });
      }

      it('S18: no path leads the token to another host', async () => {
        const { host } = new URL(world.trap.url);
        const own = world.apiOf(one).host;
        for (const path of [
          `${world.trap.url}/things`,
          `http://${own}@${host}/things`,
          `@${host}/things`,
          `:x@${host}/things`,
          `.${host}/things`,
          `//${host}/things`,
          `\\\\${host}\\things`,
          `/\t/${host}/things`,
        ]) {
          // Some are paths of its own host after all, if odd ones.
          await world.send(one, path).catch(() => undefined);
        }
        assert.deepEqual(world.trap.calls, []);
      });

      it('S18: no path leads the token beside the API of its environment', async () => {
        const { href } = world.apiOf(one);
        const start = world.apiCalls().length;
        const base = href.replace(/\/$/, '');
        for (const path of [
          '/../beside',
          '/%2e%2e/beside',
          '/..\\beside',
          '-beside/things',
          `${base}-beside/things`,
          `${base}/../beside`,
        ]) {
          await world.send(one, path).catch(() => undefined);
        }
        const reached = world.apiCalls().slice(start);
        assert.deepEqual(
          reached.map(({ path }) => path).filter((path) => !isBelow(world.apiOf(one), path)),
          [],
        );
      });
    });

    describe('separation', () => {
      it('S36: two accounts of two apps never get each other’s tokens, however many ask at once', async () => {
        const all = [one, other, second, await world.connect({ app: 'second', account: 1 })];
        assert.equal(new Set(all.map(({ id }) => id)).size, 4);
        const before = await Promise.all(all.map((connection) => world.token(connection)));
        const tokens = await Promise.all(
          all.map((connection, index) => world.renew(connection, before[index] as string)),
        );
        assert.equal(new Set([...before, ...tokens]).size, 8);
        const [asOne, asOther, asSecond] = tokens.map((token) => credentialOf(world, token));
        assert.notEqual(asOne, asOther);
        assert.notEqual(asOne, asSecond);
        const start = world.apiCalls().length;
        await Promise.all(
          all.flatMap((each) => Array.from({ length: 10 }, () => world.call(each))),
        );
        assert.equal(world.apiCalls().length, start + 40);
        for (const [index, connection] of all.entries()) {
          const calls = world.apiCalls(connection).slice(-10);
          assert.ok(calls.every(({ path }) => isBelow(world.apiOf(connection), path)));
          const used = calls.map(bearerOf);
          if (tokenPerUse) {
            assert.equal(new Set(used).size, 10);
            const asked = (token: string) => credentialOf(world, token);
            assert.deepEqual(new Set(used.map(asked)), new Set([asked(tokens[index] as string)]));
          } else {
            assert.deepEqual(new Set(used), new Set([tokens[index]]));
          }
        }
      });

      it('S36: a name that fits connections of two apps is refused, not guessed', async () => {
        const { provider, environment, account } = one;
        if (second.account !== account) return;
        const error = await world.failure(
          world.host.tokens.getAccessToken({ provider, environment, account }),
        );
        assert.equal(error.code, 'connection_ambiguous');
      });

      if (environments.length > 1) {
        it('S18, S36: a token of one environment is never sent to another', async () => {
          const each = await Promise.all(
            environments.map((environment) => world.connect({ environment })),
          );
          const tokens = await Promise.all(each.map((connection) => world.token(connection)));
          assert.equal(new Set(tokens).size, environments.length);
          await Promise.all(
            each.flatMap((connection) => [1, 2, 3].map(() => world.call(connection))),
          );
          for (const [index, connection] of each.entries()) {
            assert.equal(connection.environment, environments[index]);
            for (const call of world.apiCalls(connection).slice(-3)) {
              assert.ok(isBelow(world.apiOf(connection), call.path));
              if (!tokenPerUse) assert.equal(bearerOf(call), tokens[index]);
            }
          }
        });
      }
    });

    describe('ending', () => {
      if (needsPerson) {
        for (const { name, fault } of BAD_ANSWERS.filter(({ name }) => !name.startsWith('F21'))) {
          it(`${name}, to an authorization code: nothing changes, and the merchant starts again`, async () => {
            const before = await world.host.connections.get(one.id);
            const disturbed = world.disturbTokens(fault);
            await assert.rejects(world.connect());
            disturbed.remove();
            const now = await world.host.connections.get(one.id);
            assert.equal(now.generation, before.generation);
            assert.equal(now.status, 'active');
          });
        }

        it('invalid_grant asks this merchant to connect again, and nobody else', async () => {
          const dead = world.disturbTokens({
            kind: 'answer',
            status: 400,
            body: JSON.stringify({ error: 'invalid_grant', error_description: RAW_WORDS }),
          });
          const error = await world.failure(world.renew(one, await world.token(one)));
          dead.remove();
          assert.equal(error.code, 'reauthorization_required');
          await world.stands(other);
          const again = await world.connect();
          assert.equal(again.status, 'active');
          await world.stands(again);
        });
      } else {
        it('invalid_grant never asks for a person', async () => {
          const before = await world.token(one);
          const dead = world.disturbTokens({
            kind: 'answer',
            status: 400,
            body: JSON.stringify({ error: 'invalid_grant', error_description: RAW_WORDS }),
          });
          const error = await world.failure(world.renew(one, before));
          dead.remove();
          assert.equal(error.code, toldAs('refused'));
          await world.recovers(one, before);
        });
      }

      it('what is disconnected gets no token and makes no call', async () => {
        await world.host.connections.disconnect(other.id);
        const cost = await world.cost(async () => {
          assert.equal((await world.failure(world.token(other))).code, 'connection_revoked');
          assert.equal((await world.failure(world.call(other))).code, 'connection_revoked');
        });
        assert.deepEqual(cost, { tokens: 0, api: 0 });
        await world.stands(second);
      });
    });

    describe('secrets', () => {
      it('S20, S22, S23, S39: no secret that was on the wire is in a log, an error, a page, the audit trail or the store', async () => {
        const secrets = world.secrets();
        const output = await world.output();
        const found = (text: string) => secrets.filter((secret) => text.includes(secret));
        // By their beginnings: a report must not tell what it looks for.
        assert.deepEqual(
          found(output).map((secret) => `${secret.slice(0, 4)}…`),
          [],
        );
        assert.ok(!output.includes(RAW_WORDS), 'the words of the provider were repeated');
        // The net is not torn: what does come out is found, and so is a secret that is planted.
        assert.ok(secrets.length > 10);
        assert.ok(output.includes(one.id));
        const [planted] = secrets as [string];
        assert.ok(found(`${output} ${planted}`).includes(planted));
      });
    });
  });
}

const MADE_UP = 'contract-access-token-made-up';

const bearerOf = ({ headers }: { headers: { authorization?: string } }): string =>
  (headers.authorization ?? '').replace(/^Bearer /, '');

/** Which credential a token was obtained with: all that its token call said. */
function credentialOf(world: ContractWorld, token: string): string {
  const call = world.issuedBy(token);
  assert.ok(call !== undefined, 'a token that no token call brought');
  return [call.url, call.headers.authorization, call.body].join('\n');
}

function isBelow(base: URL, path: string): boolean {
  const own = base.pathname.replace(/\/$/, '');
  return path === own || path.startsWith(`${own}/`);
}
