import type { DeliveryRow } from './delivery.row.js';
import { DeliveryService } from './delivery.service.js';

describe('a delivery for people', () => {
  const id = 'a'.repeat(64);
  const row = {
    id,
    source: 'webhook',
    provider: 'flint',
    app: 'flint',
    event_id: 'e1',
    type: 'order.paid',
    status: 'pending',
    handlers: { 'Orders.paid': { state: 'done' }, 'Orders.sent': { state: 'failed' } },
    attempts: 1,
    runs: 2,
    received_at: 1,
    occurred_at: null,
    due_at: 5,
    finished_at: null,
  } as unknown as DeliveryRow;
  let found: DeliveryRow | undefined;
  let open: () => { body: string };
  let affected: number;
  let counts: Record<string, unknown>[];
  let written: Record<string, unknown>[];
  let trail: unknown[];
  let due: unknown[];

  const service = () =>
    new DeliveryService(
      {
        read: () => Promise.resolve(counts),
        run: (work: (transaction: object) => unknown) =>
          work({
            execute: (_sql: string, parameters: Record<string, unknown>) => {
              written.push(parameters);
              return Promise.resolve({ affected });
            },
          }),
      } as never,
      { find: () => Promise.resolve(found), open: () => open() } as never,
      { record: (_transaction: unknown, event: unknown) => trail.push(event) } as never,
      { add: (one: unknown) => due.push(one) } as never,
    );

  beforeEach(() => {
    found = row;
    open = () => ({ body: '{"n":1}' });
    affected = 1;
    [counts, written, trail, due] = [[], [], [], []];
  });

  it('says when it is tried again, and has its body as it came', async () => {
    expect(await service().get(id)).toMatchObject({ dueAt: new Date(5), body: '{"n":1}' });
    found = { ...row, due_at: null };
    expect(await service().get(id)).not.toHaveProperty('dueAt');
  });

  it('that no key opens is said to be unreadable, and nothing of why', async () => {
    open = () => {
      throw new Error('canary');
    };
    await expect(service().get(id)).rejects.toMatchObject({
      code: 'connection_unreadable',
      message: `Delivery ${id} cannot be opened with the present encryption keys.`,
    });
  });

  it('is replayed for whoever has not done it, or for whom is named', async () => {
    await service().replay(id);
    await service().replay(id, { handlers: ['Orders.paid'], actor: 'ops' });
    expect(written.map(({ handlers }) => JSON.parse(String(handlers)) as object)).toEqual([
      { 'Orders.paid': { state: 'done' }, 'Orders.sent': { state: 'pending' } },
      { 'Orders.paid': { state: 'pending' }, 'Orders.sent': { state: 'failed' } },
    ]);
    expect(trail).toEqual([
      expect.objectContaining({ actor: 'host', outcome: 'replayed' }),
      expect.objectContaining({ actor: 'ops', outcome: 'replayed' }),
    ]);
    expect(due).toEqual(Array(2).fill({ id, runs: 2, delayMs: 0, first: false }));
  });

  it('is not replayed while somebody handles it, and nothing is written down', async () => {
    affected = 0;
    await expect(service().replay(id)).rejects.toThrow('is being handled now; wait for its end');
    expect([trail, due]).toEqual([[], []]);
  });

  it('that nobody handled has no handler to name', async () => {
    found = { ...row, handlers: {} };
    await expect(service().replay(id, { handlers: ['Orders.paid'] })).rejects.toThrow(
      'none: nobody handled it',
    );
    // A name that every object has is none of a handler.
    found = row;
    await expect(service().replay(id, { handlers: ['toString'] })).rejects.toThrow(
      'expected Orders.paid, Orders.sent',
    );
  });

  it('counts as waiting since it was due; where none waits there are none', async () => {
    expect(await service().backlog()).toEqual({ pending: 0, dead: 0, oldestDueSeconds: 0 });
    counts = [
      { status: 'pending', number: '3', db_now: '9000', due: '1000' },
      { status: 'dead', number: '2', db_now: '9000', due: null },
    ];
    expect(await service().backlog()).toEqual({ pending: 3, dead: 2, oldestDueSeconds: 8 });
  });
});
