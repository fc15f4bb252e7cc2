import type { ProviderRegistry } from '../provider/provider.registry.js';
import { assertUsable } from './assert-usable.js';

describe('whether a connection may be used', () => {
  const check = (status: string, app: object | undefined, unreadable = false) =>
    assertUsable(
      { connection: { id: 'c1', provider: 'flint', app: 'old', status }, unreadable } as never,
      { find: () => app } as unknown as ProviderRegistry,
    );
  const app = {
    definition: { title: 'Flint' },
    place: () => ({}),
    connectDetails: () => ({ connectUrl: 'https://a.example/install' }),
  };
  const refusal = (of: () => void) => {
    try {
      of();
      return undefined;
    } catch (error) {
      return error as { code: string; message: string; connectUrl?: string };
    }
  };

  it.each([
    ['revoked', false, 'connection_revoked'],
    ['reauthorization_required', false, 'reauthorization_required'],
    ['active', true, 'connection_unreadable'],
  ])(
    '%s, unreadable %s: %s, also of an app that is not registered any more',
    (status, sealed, code) => {
      expect(refusal(() => check(status, app, sealed))).toMatchObject({ code });
      const without = refusal(() => check(status, undefined, sealed));
      expect(without).toMatchObject({ code });
      expect(without?.connectUrl).toBeUndefined();
    },
  );

  it('names the provider, and where the merchant connects again', () => {
    expect(refusal(() => check('revoked', app))).toMatchObject({
      message: 'Connection c1 to Flint was withdrawn (revoked).',
      connectUrl: 'https://a.example/install',
    });
    expect(refusal(() => check('revoked', undefined))?.message).toContain('to flint was');
    expect(refusal(() => check('active', undefined))).toBeUndefined();
  });
});
