import { ProviderRegistry } from './provider.registry.js';
import type { RegisteredApp } from './registered-app.js';

const appOf = (provider: string, name: string) =>
  ({ provider, name, definition: { title: provider } }) as unknown as RegisteredApp;

describe('the apps of a host', () => {
  it('that is not there is named, with those that are', () => {
    const registry = new ProviderRegistry();
    expect(() => registry.get('flint', 'a')).toThrow(/app "a" of provider "flint".*Known: none\./);
    registry.add(appOf('flute', 'b'));
    registry.add(appOf('flute', 'c'));
    expect(() => registry.get('flint', 'a')).toThrow('Known: flute/b, flute/c.');
  });

  it('without a name are the provider’s only one', () => {
    const registry = new ProviderRegistry();
    expect(() => registry.only('flint')).toThrow('No app of provider "flint" is registered.');
    const app = appOf('flint', 'a');
    registry.add(app);
    expect(registry.get('flint')).toBe(app);
    registry.add(appOf('flint', 'b'));
    expect(() => registry.get('flint')).toThrow('has several apps (a, b): name one.');
  });
});
