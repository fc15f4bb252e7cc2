import type { Delivery } from '../../inbox/delivery.js';
import { InstalledHint } from './installed.hint.js';

describe('a post that says "installed"', () => {
  const request = { environment: 'production', account: 'a1' };
  const granted = {
    account: { environment: 'production', account: 'a1' },
    tokens: { accessToken: 'one' },
    scopes: 'company',
  };
  let exchanged: unknown[];
  let stored: unknown[];
  let status: string;
  let definition: { probe?: () => string };
  let answer: () => Promise<unknown>;
  let call: () => Promise<unknown>;

  const hint = new InstalledHint(
    {
      get: () => ({ provider: 'fynd', name: 'fynd', definition, place: () => request }),
    } as never,
    { load: () => Promise.resolve({ connection: { status } }) } as never,
    {
      grants: () => [{ name: 'offline', parameters: {} }],
      exchange: (...of: unknown[]) => {
        exchanged.push(of);
        return answer();
      },
    } as never,
    { for: () => ({ get: () => call() }) } as never,
    { store: (one: unknown) => stored.push(one) } as never,
  );
  const run = ({ attempt = 1, kind = 'installed', grant = 'offline' } = {}) =>
    hint.run({
      provider: 'fynd',
      app: 'fynd',
      attempt,
      payload: { hint: { kind, grant, code: 'c', request } },
    } as unknown as Delivery);

  beforeEach(() => {
    [exchanged, stored] = [[], []];
    status = 'revoked';
    definition = { probe: () => '/probe' };
    answer = () => Promise.resolve(granted);
    call = () => Promise.resolve({ status: 200 });
  });

  it('shows its code once, and to nobody for another kind or a grant that there is not', async () => {
    await run({ attempt: 2 });
    await run({ kind: 'uninstalled' });
    await run({ grant: 'online' });
    expect(exchanged).toEqual([]);
    expect(stored).toEqual([]);
  });

  it('changes nothing where the connection is there', async () => {
    status = 'active';
    await run();
    expect([exchanged, stored]).toEqual([[], []]);
  });

  it('connects nobody where the provider refuses the code, or gives another account’s token', async () => {
    answer = () => Promise.reject(new Error('refused'));
    await run();
    answer = () => Promise.resolve({ ...granted, account: { ...request, account: 'other' } });
    await run();
    expect(exchanged).toHaveLength(2);
    expect(stored).toEqual([]);
  });

  it('connects nobody where there is no call to see whether the token works', async () => {
    definition = {};
    await run();
    expect(stored).toEqual([]);
  });
});
