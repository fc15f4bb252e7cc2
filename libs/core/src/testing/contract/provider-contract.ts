import { hasRefreshTokens } from './contract-part.js';
import type { ContractCast, ContractPart } from './contract-part.js';
import { globalRunner } from './contract-runner.js';
import type { ContractRunner } from './contract-runner.js';
import type { ContractSubject } from './contract-subject.js';
import { ContractWorld } from './contract-world.js';
import { apiCalls } from './parts/api-calls.js';
import { ending } from './parts/ending.js';
import { failedRenewals } from './parts/failed-renewals.js';
import { ledAstray } from './parts/led-astray.js';
import { obtaining } from './parts/obtaining.js';
import { oddTokens } from './parts/odd-tokens.js';
import { refreshTokens } from './parts/refresh-tokens.js';
import { secrecy } from './parts/secrecy.js';
import { separation } from './parts/separation.js';

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
  const { capabilities } = subject;

  describe(`${subject.name} keeps the contract of a provider`, () => {
    let world: ContractWorld;
    let cast: ContractCast;

    beforeAll(async () => {
      world = await ContractWorld.start(subject);
      cast = {
        world,
        one: await world.connect(),
        other: await world.connect({ account: 1 }),
        second: await world.connect({ app: 'second' }),
      };
    });
    afterAll(() => world?.stop());

    const part: ContractPart = {
      capabilities,
      it: (name, body) => it(name, () => body(cast)),
    };
    describe('obtaining', () => obtaining(part));
    if (hasRefreshTokens(capabilities)) describe('refresh tokens', () => refreshTokens(part));
    describe('answers of the token endpoint', () => {
      failedRenewals(part);
      oddTokens(part);
    });
    describe('calls of the API', () => {
      apiCalls(part);
      ledAstray(part);
    });
    describe('separation', () => separation(part));
    describe('ending', () => ending(part));
    // After all others, whose traces it looks at.
    describe('secrets', () => secrecy(part));
  });
}
