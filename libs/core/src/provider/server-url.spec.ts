import type { RegisteredApp } from './registered-app.js';
import { checkServerUrl } from './server-url.js';

describe('a registered server', () => {
  it.each([undefined, () => []])('is refused where the provider takes none', (allowedHosts) => {
    const app = { definition: { title: 'Acme', allowedHosts }, name: 'main' };
    expect(() => checkServerUrl(app as unknown as RegisteredApp, 'https://a.example')).toThrow(
      'this provider takes none',
    );
  });
});
