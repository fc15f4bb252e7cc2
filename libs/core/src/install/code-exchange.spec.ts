import { CAUTIOUS_PROFILE } from '../provider/provider-profile.js';
import type { RegisteredApp } from '../provider/registered-app.js';
import type { TokenOutcome } from '../provider/token-answer.js';
import { CodeExchange } from './code-exchange.js';

describe('a code that is exchanged', () => {
  let outcome: TokenOutcome;
  let response: object;
  let account: object | undefined;

  const app = {
    provider: 'acme',
    definition: {
      title: 'Acme',
      profile: CAUTIOUS_PROFILE,
      install: { account: () => account },
    },
    options: {},
    redirectUri: 'https://a.example/callback',
    needsPerson: true,
    dialect: { clientAuthentication: 'body', encoding: 'json' },
    endpoints: () => ({ token: 'https://acme.example/token' }),
    credential: () => Promise.resolve({ id: 'i', secret: 's' }),
  } as unknown as RegisteredApp;
  const exchange = new CodeExchange(
    { read: () => Promise.resolve([{ db_now: '1000' }]) } as never,
    { refreshAhead: 0.5 } as never,
    {
      book: () => Promise.resolve(0),
      send: () => Promise.resolve({ outcome, response }),
      resume: () => Promise.resolve(),
    } as never,
  );
  const run = () => {
    const received = { code: 'c', request: { environment: 'live', parameters: {} } };
    const [grant] = exchange.grants(app, received);
    return exchange.exchange(app, received, grant as never);
  };

  beforeEach(() => {
    outcome = { kind: 'granted', answer: { access_token: 'one' } };
    response = { kind: 'answered', date: 'Thu, 01 Jan 2026 00:00:00 GMT' };
    account = { environment: 'live', account: 'a1' };
  });

  it.each([
    [{ kind: 'credential_rejected' }, { code: 'app_credentials_rejected' }],
    [{ kind: 'throttled' }, { code: 'provider_rate_limited', retryAfterSeconds: 1 }],
    [
      { kind: 'throttled', retryAfterSeconds: 7 },
      { code: 'provider_rate_limited', retryAfterSeconds: 7 },
    ],
    [{ kind: 'dead', error: 'invalid_grant' }, { code: 'install_failed' }],
    [{ kind: 'not_sent', reason: 'econnrefused' }, { code: 'install_failed' }],
    [{ kind: 'unknown', reason: 'timeout' }, { code: 'install_failed' }],
  ])('connects nothing: %j', async (given, error) => {
    outcome = given as TokenOutcome;
    await expect(run()).rejects.toMatchObject(error);
  });

  it('has the provider’s own time of the grant where it says one', async () => {
    expect((await run()).providerTime).toBe(Date.UTC(2026, 0, 1));
    for (const other of [{ kind: 'answered' }, { kind: 'answered', date: 'soon' }]) {
      response = other;
      expect(await run()).not.toHaveProperty('providerTime');
    }
  });

  it('is of the environment that was asked for, unless the answer names another', async () => {
    expect((await run()).account).toEqual({ environment: 'live', account: 'a1' });
    account = { account: 'a1' };
    expect((await run()).account).toEqual({ environment: 'live', account: 'a1' });
    account = { environment: 'test', account: 'a1' };
    expect((await run()).account).toEqual({ environment: 'test', account: 'a1' });
  });

  it.each([
    undefined,
    { environment: 'live', account: '' },
    { environment: 'live', account: 'a'.repeat(191) },
    { environment: 'live', account: 'a', merchant: 'm'.repeat(191) },
  ])('connects nothing where the account is none that can be kept: %j', async (given) => {
    account = given;
    await expect(run()).rejects.toMatchObject({ code: 'install_failed' });
  });
});
