import type { RegisteredApp } from '../../provider/registered-app.js';
import { failureError } from './renewal-failure.js';

describe('the error of a failed renewal', () => {
  const app = { definition: { title: 'Flint' }, name: 'main' } as RegisteredApp;

  it.each([
    ['throttled', 'provider_rate_limited', 3],
    ['credential_rejected', 'app_credentials_rejected', 3],
    ['credential_missing', 'not_connected', undefined],
    ['ip_not_allowed', 'ip_not_allowed', 3],
    ['unreadable', 'connection_unreadable', undefined],
    ['store_unavailable', 'provider_unavailable', 3],
    ['not_sent', 'provider_unavailable', 3],
    // What a row has that somebody has edited.
    ['weird', 'provider_unavailable', 3],
  ])('of %s is %s', (failure, code, retryAfterSeconds) => {
    expect(failureError(failure, app, 2_001)).toMatchObject({ code });
    expect(failureError(failure, app, 2_001).retryAfterSeconds).toBe(retryAfterSeconds);
  });

  it('is never one to try again at once', () => {
    expect(failureError('throttled', app, -5).retryAfterSeconds).toBe(1);
  });
});
