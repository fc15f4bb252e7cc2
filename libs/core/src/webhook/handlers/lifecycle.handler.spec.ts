import type { Delivery } from '../../inbox/delivery.js';
import type { LifecycleChange } from '../../provider/webhook-definition.js';
import { LifecycleHandler } from './lifecycle.handler.js';

const MINUTE = 60_000;

describe('what a signed event changes', () => {
  const now = Date.UTC(2026, 0, 1);
  let rows: Record<string, unknown>[];
  let change: LifecycleChange | undefined;
  let asked: unknown[];
  let applied: Record<string, unknown>[];
  let ended: unknown[];
  let notes: Record<string, unknown>[];
  let checked: 'alive' | 'dead' | 'unknown';

  const row = (id: string, more: object = {}) => ({
    id,
    scopes: 'orders refunds',
    generation: 1,
    installed_at: now - 60 * MINUTE,
    provider_time: null,
    db_now: now,
    ...more,
  });
  const handler = () =>
    new LifecycleHandler(
      {
        read: (_sql: string, parameters: unknown) => {
          asked.push(parameters);
          return Promise.resolve(rows);
        },
      } as never,
      {} as never,
      { note: (note: Record<string, unknown>) => notes.push(note) } as never,
      { run: ({ id }: { id: string }) => ended.push(id) } as never,
      { run: () => Promise.resolve(checked) } as never,
      {
        follow: ({ id, generation }: Record<string, unknown>, scopes: string, at: number) =>
          applied.push({ id, generation, scopes, at }),
      } as never,
    );
  const run = (more: Partial<Delivery> = {}) =>
    handler().run(
      { provider: 'flint', app: 'flint', payload: {}, attempt: 1, ...more } as Delivery,
      change && { change },
    );

  beforeEach(() => {
    [rows, asked, applied, ended, notes] = [[row('a')], [], [], [], []];
    checked = 'alive';
  });

  describe('of scopes', () => {
    it('is what it names, and its time the event’s, or that of the store where it has none', async () => {
      change = { kind: 'scopes', account: 'acc', scopes: ['orders'] };
      await run({ occurredAt: new Date(now - MINUTE) });
      await run();
      expect(applied).toEqual([
        { id: 'a', generation: 1, scopes: 'orders', at: now - MINUTE },
        { id: 'a', generation: 1, scopes: 'orders', at: now },
      ]);
    });

    it('is all of them where it names none', async () => {
      change = { kind: 'scopes', account: 'acc' };
      await run();
      expect(applied).toEqual([expect.objectContaining({ scopes: '' })]);
    });

    it('is said also where they are the same: an older event must not undo it', async () => {
      change = { kind: 'scopes', account: 'acc', scopes: ['orders', 'refunds'] };
      await run();
      expect(applied).toEqual([expect.objectContaining({ scopes: 'orders refunds', at: now })]);
    });

    it('is nothing where an install has several grants: none of them has all of it', async () => {
      change = { kind: 'scopes', install: 'ins', scopes: ['orders'] };
      rows = [row('a'), row('b')];
      await run();
      expect(applied).toEqual([]);
      rows = [row('a')];
      await run();
      expect(applied).toHaveLength(1);
      expect(asked).toEqual(Array(2).fill(expect.objectContaining({ value: 'ins' })));
    });
  });

  it('is nothing where it names nobody: nobody is looked for', async () => {
    change = { kind: 'revoked' };
    await run();
    expect(asked).toEqual([]);
    expect(ended).toEqual([]);
  });

  it.each([
    ['the provider’s time of the grant', { provider_time: now - 30 * MINUTE }, now - 31 * MINUTE],
    ['the time of the install', {}, now - 61 * MINUTE],
  ])('of before %s is told of, and ends nothing', async (_what, more, at) => {
    change = { kind: 'revoked', account: 'acc' };
    rows = [row('a', more)];
    checked = 'dead';
    await run({ occurredAt: new Date(at - 10 * MINUTE) });
    expect(ended).toEqual([]);
    expect(notes).toEqual([expect.objectContaining({ reason: 'older_than_install' })]);
  });

  it('without a time is what the provider says when it is asked', async () => {
    change = { kind: 'revoked', account: 'acc' };
    await run();
    expect(notes).toEqual([expect.objectContaining({ reason: 'still_alive' })]);
    checked = 'dead';
    await run();
    expect(ended).toEqual(['a']);
    checked = 'unknown';
    await expect(run({ attempt: 3 })).rejects.toMatchObject({ seconds: 15 });
  });
});
