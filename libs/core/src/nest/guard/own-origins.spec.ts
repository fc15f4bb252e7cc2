import type { ProviderRegistry } from '../../provider/provider.registry.js';
import { OwnOrigins } from './own-origins.js';

describe('the host’s own origins', () => {
  const registry = (...origins: string[]) =>
    ({ origins: () => new Set(origins) }) as unknown as ProviderRegistry;

  it('are those of its redirect URIs, and its public URL, which goes first', () => {
    const origins = new OwnOrigins(registry('https://a.example'));
    expect(origins.first()).toBe('https://a.example');
    origins.configure('https://b.example:8443/app');
    expect(origins.first()).toBe('https://b.example:8443');
    expect(origins.has('https://a.example')).toBe(true);
    expect(origins.has('https://b.example')).toBe(false);
    origins.configure(undefined);
    expect(origins.has('https://b.example:8443')).toBe(false);
  });

  it('may be none', () => expect(new OwnOrigins(registry()).first()).toBeUndefined());
});
