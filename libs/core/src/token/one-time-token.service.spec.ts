import { FlockError } from '../foundation/errors/flock.error.js';
import type { CachedConnection } from '../connection/cached-connection.js';
import type { RegisteredApp } from '../provider/registered-app.js';
import type { TokenOutcome } from '../provider/token-answer.js';
import { OneTimeTokens } from './one-time-token.service.js';

describe('a token for one use', () => {
  let sent: string[];
  let outcome: TokenOutcome;
  let counted: string[];
  let circuit: { open: boolean; probe: boolean };
  let fresh: { id: string; secret: string };
  let row: object | undefined;
  let fail: () => void;

  const place = { environment: 'live', account: 'a1' };
  const app = {
    provider: 'flex-pay',
    name: 'main',
    definition: { title: 'FlexPay' },
    place: () => place,
    credential: (_place: object, anew = false) =>
      Promise.resolve(anew ? fresh : { id: 'i', secret: 'old' }),
    noCredential: () => new FlockError('not_connected', 'no credential'),
  } as unknown as RegisteredApp;
  const entry = (registered: boolean) =>
    ({ row: { id: 'c1', registered, ...place } }) as unknown as CachedConnection;

  const tokens = () =>
    new OneTimeTokens(
      { row: () => Promise.resolve(row) } as never,
      {
        client: () => Promise.resolve({ id: 'i', secret: 'registered' }),
        credentialCircuit: (_app: object, _place: object, client: { secret: string }) => ({
          id: client.secret,
        }),
        build: (_app: object, _row: object, client: { secret: string }) => client.secret,
      } as never,
      {
        isOpen: ({ id }: { id: string }) => circuit.open && id === 'old',
        takeProbe: () => Promise.resolve(circuit.probe),
        succeed: () => Promise.resolve(),
        fail: () => Promise.resolve(),
      } as never,
      { httpTimeoutMs: 60_000, probeIntervalMs: 30_000 } as never,
      { renewed: (_provider: string, what: string) => counted.push(what) } as never,
      {
        book: () => Promise.resolve(0),
        send: (_app: object, _place: object, request: string) => {
          fail();
          sent.push(request);
          return Promise.resolve({ outcome });
        },
      } as never,
    );
  const granted = { kind: 'granted', answer: { access_token: 'one' } } as TokenOutcome;

  beforeEach(() => {
    [sent, counted] = [[], []];
    outcome = granted;
    circuit = { open: false, probe: false };
    fresh = { id: 'i', secret: 'new' };
    row = undefined;
    fail = () => undefined;
  });

  it.each([
    [{ kind: 'refused', error: 'ip_not_allowed' }, 'ip_not_allowed'],
    [{ kind: 'refused', error: 'server_error' }, 'provider_refused'],
    [{ kind: 'not_sent', reason: 'econnrefused' }, 'provider_unavailable'],
    [{ kind: 'unknown', reason: 'timeout' }, 'provider_unavailable'],
    [{ kind: 'throttled' }, 'provider_rate_limited'],
  ])('is not given: %j is %s', async (given, code) => {
    outcome = given as TokenOutcome;
    await expect(tokens().obtain(app, entry(false))).rejects.toMatchObject({ code });
    expect(counted).toEqual([code]);
  });

  it('whose obtaining breaks is counted as an error, and no more is said', async () => {
    fail = () => {
      throw new TypeError('canary');
    };
    await expect(tokens().obtain(app, entry(false))).rejects.toThrow(TypeError);
    expect(counted).toEqual(['error']);
  });

  it('after a rejected credential is asked for with the one that has replaced it, else with none', async () => {
    circuit.open = true;
    expect(await tokens().obtain(app, entry(false))).toBe('one');
    expect(sent).toEqual(['new']);
    fresh = { id: 'i', secret: 'old' };
    await expect(tokens().obtain(app, entry(false))).rejects.toMatchObject({
      code: 'app_credentials_rejected',
    });
    expect(sent).toEqual(['new']);
  });

  it.each([
    undefined,
    { status: 'revoked', credential: {} },
    { status: 'active', credential: null },
  ])('is not asked for of an account that has ended meanwhile: %j', async (now) => {
    row = now;
    await expect(tokens().obtain(app, entry(true))).rejects.toMatchObject({
      code: 'not_connected',
    });
    expect(sent).toEqual([]);
  });
});
