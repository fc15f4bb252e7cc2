import { FlockError } from '../foundation/errors/flock.error.js';
import type { CachedConnection } from '../connection/cached-connection.js';
import type { RegisteredApp } from '../provider/registered-app.js';
import { AccountDirectory } from './account-directory.js';

describe('the accounts of an app', () => {
  let registered: object[];
  let paused: boolean;
  let replaced: boolean;
  let has: boolean;
  const app = {
    provider: 'acme',
    name: 'main',
    definition: { title: 'Acme' },
    accounts: [],
    place: () => ({ environment: 'live', account: 'a1' }),
    hasCredential: () => has,
    credential: () => Promise.resolve({ id: 'i', secret: 's' }),
    noCredential: () => new FlockError('not_connected', 'no credential'),
  } as unknown as RegisteredApp;
  const directory = new AccountDirectory(
    { registered: () => Promise.resolve(registered) } as never,
    { isPaused: () => paused } as never,
    { credentialCircuit: () => ({}), isReplaced: () => Promise.resolve(replaced) } as never,
    { probeIntervalMs: 30_000 } as never,
  );
  const entry = (row: object, more: object = {}) =>
    ({ row, expiresAt: 0, ...more }) as unknown as CachedConnection;

  beforeEach(() => {
    registered = [];
    [paused, replaced, has] = [false, false, true];
  });

  it('that has none says where a credential belongs', async () => {
    await expect(directory.only(app, undefined)).rejects.toThrow('Acme has no credential: put one');
    await expect(directory.only(app, 'live')).rejects.toThrow('has no credential in live: put one');
    registered = [{ id: 'c1' }];
    expect(await directory.only(app, undefined)).toBe('c1');
  });

  it('end with their credential in the configuration, whatever token is left', async () => {
    has = false;
    const left = entry({ registered: false }, { accessToken: 't', expiresAt: Infinity });
    await expect(directory.assertCredential(app, left)).rejects.toMatchObject({
      code: 'not_connected',
    });
  });

  it('whose registered credential was rejected are told so until it is tried again', async () => {
    const row = { registered: true, failure: 'credential_rejected', retryAt: Infinity };
    await expect(directory.assertCredential(app, entry(row))).rejects.toMatchObject({
      code: 'app_credentials_rejected',
    });
    for (const other of [
      { ...row, retryAt: 0 },
      { ...row, failure: 'throttled' },
    ]) {
      await directory.assertCredential(app, entry(other));
    }
    // A token that holds says that all is well.
    await directory.assertCredential(app, entry(row, { accessToken: 't', expiresAt: Infinity }));
  });

  it('whose configured credential was rejected are told so, unless it was replaced', async () => {
    const row = { registered: false };
    await directory.assertCredential(app, entry(row));
    paused = true;
    await expect(directory.assertCredential(app, entry(row))).rejects.toMatchObject({
      code: 'app_credentials_rejected',
    });
    replaced = true;
    await directory.assertCredential(app, entry(row));
  });
});
