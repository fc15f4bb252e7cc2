import { ConnectionClients, ProviderRegistry } from '@nest-flock/core/provider';
import type { AdministrationClient, Secret } from '@nest-flock/core/provider';
import { inspect } from 'node:util';
import { failureOf } from '../../support/poll.js';
import { startStubFlint } from './stub-flint.js';
import type { StubFlint } from './stub-flint.js';

const KEY = 'fpk_the-developers-own-key';

describe("calls with a credential of the host's own", () => {
  let world: StubFlint;
  const client = (credential: Secret): AdministrationClient =>
    world.app
      .get(ConnectionClients)
      .administration(world.app.get(ProviderRegistry).get('flint'), 'live', credential);
  /** Accepts this one alone. */
  const accept = (key: string) => {
    world.stub.answer = ({ headers }) =>
      headers.authorization === `Bearer ${key}`
        ? { status: 200, body: { data: 'yes' } }
        : { status: 401, body: { error: { code: 'INVALID_API_KEY', request_id: 'req-1' } } };
  };

  beforeAll(async () => {
    world = await startStubFlint({});
  });
  afterAll(() => world.stop());
  beforeEach(() => {
    world.stub.calls.length = 0;
    world.logger.lines.length = 0;
    accept(KEY);
  });

  it('it is sent as a bearer, with an Idempotency-Key on writes', async () => {
    const { data, idempotencyKey } = await client(KEY).post('/v1/things', { name: 'one' });
    expect(data).toEqual({ data: 'yes' });
    const [call] = world.stub.calls;
    expect(call?.headers['idempotency-key']).toBe(idempotencyKey);
    expect(idempotencyKey).toMatch(/^[0-9a-f-]{36}$/);
    expect(call?.body).toEqual({ name: 'one' });
  });

  it('a resolver is asked once for all clients, and anew by nobody until a 401', async () => {
    let asked = 0;
    const vault = () => {
      asked += 1;
      return KEY;
    };
    await Promise.all([1, 2, 3].map(() => client(vault).get('/v1/things')));
    await client(vault).get('/v1/things');
    expect(asked).toBe(1);
  });

  it('after a 401 the resolver is asked again, once for all who got one, and the call made once more', async () => {
    const keys = ['fpk_outdated', KEY];
    let asked = 0;
    const vault = async () => keys[Math.min(asked++, 1)] as string;
    const key = 'mine';
    await client(vault).post('/v1/things', {}, { idempotencyKey: key });
    expect(world.stub.calls.map(({ headers }) => headers['idempotency-key'])).toEqual([key, key]);
    expect(asked).toBe(2);

    accept('fpk_third');
    keys[1] = 'fpk_third';
    await Promise.all(Array.from({ length: 20 }, () => client(vault).get('/v1/things')));
    expect(asked).toBe(3);
  });

  it.each<[string, Secret, number]>([
    ['a text', 'fpk_wrong', 1],
    ['a resolver that still gives the same', () => 'fpk_wrong', 1],
    ['a resolver whose next one is refused too', rising('fpk_wrong'), 2],
  ])('P56: %s that is refused: app_credentials_rejected', async (_what, credential, calls) => {
    const error = await failureOf(client(credential).post('/v1/things', {}));
    expect(error).toMatchObject({
      code: 'app_credentials_rejected',
      retryable: false,
      providerStatus: 401,
      providerCode: 'INVALID_API_KEY',
      providerRequestId: 'req-1',
    });
    expect(error.connectUrl).toBeUndefined();
    expect(world.stub.calls).toHaveLength(calls);
  });

  it('a resolver that fails is not remembered', async () => {
    let broken = true;
    const vault = () => {
      if (broken) throw new Error(`the vault says ${KEY}`);
      return KEY;
    };
    const error = await failureOf(client(vault).get('/v1/things'));
    expect(error.code).toBe('app_credentials_rejected');
    expect(inspect(error, { depth: 9 })).not.toContain(KEY);
    expect(world.stub.calls).toEqual([]);
    broken = false;
    await client(vault).get('/v1/things');
  });

  it.each(['https://evil.example/v1', '@evil.example/', 'http://127.0.0.1:1/v1'])(
    'P51: %s gets no credential',
    async (path) => {
      expect((await failureOf(client(KEY).get(path))).code).toBe('provider_refused');
      expect(world.stub.calls).toEqual([]);
    },
  );

  it.each(['X-API-Key', 'Authorization', 'Cookie'])('%s of a caller is refused', async (name) => {
    const error = await failureOf(client(KEY).get('/v1/things', { headers: { [name]: 'other' } }));
    expect(error.code).toBe('provider_refused');
    expect(world.stub.calls).toEqual([]);
  });

  it('a scope that is missing sends no merchant to connect', async () => {
    world.stub.answer = () => ({
      status: 403,
      body: { error: { code: 'INSUFFICIENT_SCOPE', missing_scopes: ['webhooks.write'] } },
    });
    const error = await failureOf(client(KEY).get('/v1/things'));
    expect(error).toMatchObject({
      code: 'insufficient_scope',
      missingScopes: ['webhooks.write'],
    });
    expect(error.connectUrl).toBeUndefined();
  });

  it.each([302, 408, 500, 503])(
    'P56: a write that is answered %i may have been carried out',
    async (status) => {
      world.stub.answer = () => ({ status, body: `no, ${KEY}` });
      const error = await failureOf(client(KEY).post('/v1/things', {}));
      const [call] = world.stub.calls;
      expect(error).toMatchObject({
        code: 'outcome_unknown',
        idempotencyKey: call?.headers['idempotency-key'],
      });
      expect(world.stub.calls).toHaveLength(1);
    },
  );

  it('no error holds the credential', async () => {
    for (const status of [400, 401, 403, 404, 409, 429, 500]) {
      world.stub.answer = ({ headers }) => ({
        status,
        body: { error: { code: headers.authorization, message: headers.authorization } },
      });
      const error = await failureOf(client(KEY).post('/v1/things', {}));
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(KEY);
      expect(JSON.stringify(error)).not.toContain(KEY);
    }
    expect(world.logger.lines.join('\n')).not.toContain(KEY);
  });
});

/** Gives another one each time. */
function rising(text: string): Secret {
  let count = 0;
  return () => `${text}-${(count += 1)}`;
}
