import { keptOf } from './kept-event.js';
import type { RegisteredApp } from './registered-app.js';
import type { LifecycleChange } from './webhook-definition.js';

describe('what is kept of an event', () => {
  const appOf = (lifecycle?: () => LifecycleChange | undefined) =>
    ({ definition: { webhooks: { lifecycle } } }) as unknown as RegisteredApp;
  const event = { type: 'app.uninstalled', id: 'e1', occurredAt: 1, account: 'a', merchant: 'm' };
  const change: LifecycleChange = { kind: 'revoked', account: 'a' };

  it('is whose it is, without what has a column of its own, and what it changes', () => {
    const app = appOf(() => change);
    expect(keptOf(app, event, {}, undefined)).toEqual({ account: 'a', merchant: 'm', change });
  });

  it('is no change where the provider’s definition knows none', () => {
    for (const app of [appOf(), appOf(() => undefined)]) {
      expect(keptOf(app, event, {}, undefined)).toEqual({ account: 'a', merchant: 'm' });
    }
  });

  it('is no change where a tenant has signed it', () => {
    const app = appOf(() => change);
    expect(keptOf(app, event, {}, 'tenant')).toEqual({ account: 'a', merchant: 'm' });
  });
});
