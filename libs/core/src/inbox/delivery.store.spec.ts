import type { DeliveryRow } from './delivery.row.js';
import { DeliveryStore } from './delivery.store.js';

describe('a delivery that is opened', () => {
  const definition = {
    webhooks: {
      read: ({ account }: Record<string, string>) => ({ type: 'uninstalled', account }),
      lifecycle: () => ({ kind: 'revoked', account: 'a1' }),
    },
  };
  const store = new DeliveryStore(
    {} as never,
    {
      open: ({ column }: { column: string }, sealed: Buffer) =>
        sealed.toString().replace(`${column}:`, ''),
    } as never,
    {} as never,
    {} as never,
    {} as never,
    { find: (provider: string) => (provider === 'flint' ? { definition } : undefined) } as never,
  );
  const body = '{"account":"a1"}\n';
  const row = (more: Partial<DeliveryRow>) =>
    ({
      id: 'd1',
      source: 'webhook',
      provider: 'flint',
      app: 'flint',
      tenant: null,
      body: Buffer.from(`body:${body}`),
      event: null,
      ...more,
    }) as DeliveryRow;

  it('is as it came, with what was read of it then', () => {
    const event = Buffer.from('event:{"account":"kept"}');
    expect(store.open(row({ event }))).toEqual({ body, event: { account: 'kept' } });
  });

  it('is read anew where the release before kept nothing; a tenant changes nothing then, too', () => {
    const change = { kind: 'revoked', account: 'a1' };
    expect(store.open(row({}))).toEqual({ body, event: { account: 'a1', change } });
    expect(store.open(row({ tenant: 't' }))).toEqual({ body, event: { account: 'a1' } });
  });

  it('has no event where it came by no door, or of an app that is gone', () => {
    for (const more of [{ source: 'task' as const }, { provider: 'gone' }]) {
      expect(store.open(row(more))).toEqual({ body });
    }
  });
});
