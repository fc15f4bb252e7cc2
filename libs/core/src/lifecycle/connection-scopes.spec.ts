import { ConnectionScopes } from './connection-scopes.js';

describe('what the provider says is granted', () => {
  let applied: [string, unknown][];
  let notes: unknown[];
  /** Names of statements that meet no row. */
  let missed: string[];

  const row = { id: 'c1', generation: 2, scopes: 'orders refunds' };
  const scopes = new ConnectionScopes({
    change: (work: (transaction: object, note: (...what: unknown[]) => void) => unknown) =>
      work(
        {
          apply: ({ name }: { name: string }, parameters: unknown) => {
            applied.push([name, parameters]);
            return Promise.resolve(missed.includes(name) ? undefined : {});
          },
        },
        (...what) => notes.push(what),
      ),
  } as never);
  const follow = (said: string) => scopes.follow(row as never, said, 7);

  beforeEach(() => {
    [applied, notes, missed] = [[], [], []];
  });

  it('is its newest word also where nothing is different, in whatever order; nobody is told', async () => {
    await follow('refunds orders');
    expect(applied).toEqual([
      ['confirm_scopes', { id: 'c1', generation: 2, scopes: 'orders refunds', at: 7 }],
    ]);
    expect(notes).toEqual([]);
  });

  it('is a change after all where the row is not as it was read', async () => {
    missed = ['confirm_scopes'];
    await follow('refunds orders');
    expect(applied.map(([name]) => name)).toEqual(['confirm_scopes', 'change_scopes']);
    expect(notes).toHaveLength(1);
  });

  it('is stored and told where it is different, unless something newer was said', async () => {
    await follow('orders');
    expect(applied).toEqual([
      ['change_scopes', { id: 'c1', generation: 2, scopes: 'orders', at: 7 }],
    ]);
    expect(notes).toHaveLength(1);
    missed = ['change_scopes'];
    await follow('orders');
    expect(notes).toHaveLength(1);
  });
});
