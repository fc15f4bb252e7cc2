import type { RegisteredApp } from '../provider/registered-app.js';
import { installOf } from './install-app.js';

describe('the parts of an app that an install needs', () => {
  it.each([
    [{ install: {} }, undefined],
    [{}, 'https://a.example/callback'],
  ])('are not there: %j with the redirect URI %s', (definition, redirectUri) => {
    const app = { definition: { title: 'Acme', ...definition }, redirectUri };
    expect(() => installOf(app as unknown as RegisteredApp)).toThrow('Acme has no install flow.');
  });
});
