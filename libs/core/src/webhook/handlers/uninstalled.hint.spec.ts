import type { Delivery } from '../../inbox/delivery.js';
import { UNINSTALLED, UNINSTALLED_BY_PROVIDER } from '../hint.receiver.js';
import { UninstalledHint } from './uninstalled.hint.js';

const MINUTE = 60_000;

describe('a post that says "uninstalled"', () => {
  const received = Date.UTC(2026, 0, 1);
  let row: Record<string, unknown>;
  let later: Record<string, unknown> | undefined;
  let result: 'alive' | 'dead' | 'unknown';
  let checks: string[];
  let ended: string[];

  const hint = new UninstalledHint(
    { read: () => Promise.resolve([row]) } as never,
    { row: () => Promise.resolve(later) } as never,
    {
      run: (id: string) => {
        checks.push(id);
        return Promise.resolve(result);
      },
    } as never,
    { run: ({ id }: { id: string }) => ended.push(id) } as never,
  );
  const run = (type = UNINSTALLED, kind = 'uninstalled') =>
    hint.run({
      type,
      receivedAt: new Date(received),
      payload: { hint: { kind, merchant: 'm1' } },
    } as unknown as Delivery);

  beforeEach(() => {
    [checks, ended] = [[], []];
    result = 'alive';
    row = {
      id: 'c1',
      installed_at: received - 60 * MINUTE,
      refreshed_at: null,
      expires_at: null,
      db_now: received,
    };
    later = { db_now: received };
  });

  it('does not mean who came back after it', async () => {
    row.installed_at = received + 1;
    result = 'dead';
    for (const type of [UNINSTALLED, UNINSTALLED_BY_PROVIDER]) await run(type);
    expect([checks, ended]).toEqual([[], []]);
  });

  it('ends a connection by itself only if the provider has signed it, and long after the install', async () => {
    await run(UNINSTALLED_BY_PROVIDER);
    expect([checks, ended]).toEqual([[], ['c1']]);
    row.installed_at = received - 1;
    await expect(run(UNINSTALLED_BY_PROVIDER)).rejects.toThrow();
    expect([checks, ended]).toEqual([['c1'], ['c1']]);
  });

  it('is no more than a reason to ask: dead, it ends; alive, it is looked at again twice', async () => {
    result = 'dead';
    await run();
    expect(ended).toEqual(['c1']);
    result = 'alive';
    await expect(run()).rejects.toMatchObject({ seconds: 60 });
    later = { db_now: received + MINUTE };
    await expect(run()).rejects.toMatchObject({ seconds: 540 });
    later = { db_now: received + 10 * MINUTE };
    await run();
    expect(ended).toEqual(['c1']);
  });

  it('is looked at again at the end of the token, unless that was renewed since and proves itself', async () => {
    later = { db_now: received + 11 * MINUTE };
    row.expires_at = received + 30 * MINUTE;
    await expect(run()).rejects.toMatchObject({ seconds: 19 * 60 + 5 });
    row.refreshed_at = received + 1;
    await run();
  });

  it('goes by the time that the row was read at where there is no row any more', async () => {
    later = undefined;
    await expect(run()).rejects.toMatchObject({ seconds: 60 });
  });

  it('is asked about soon where the provider gave no clear answer, for a minute', async () => {
    result = 'unknown';
    await expect(run()).rejects.toMatchObject({ seconds: 6 });
    later = { db_now: received + MINUTE };
    await expect(run()).rejects.toMatchObject({ seconds: 540 });
  });

  it('of another kind is none of its business', async () => {
    await run(UNINSTALLED, 'installed');
    expect(checks).toEqual([]);
  });
});
