import { FlockError } from '../foundation/errors/flock.error.js';
import type { CookieScope } from '../foundation/http/cookies.js';
import type { InstallDefinition } from '../provider/install-definition.js';
import type { RegisteredApp } from '../provider/registered-app.js';
import { AttemptCookies } from './attempt-cookies.js';

/** The parts of an app that an install needs. @throws FlockError `unknown_provider` when it has none. */
export function installOf(app: RegisteredApp): {
  install: InstallDefinition<RegisteredApp['options']>;
  redirectUri: string;
} {
  const { install } = app.definition;
  const { redirectUri } = app;
  if (install === undefined || redirectUri === undefined) {
    throw new FlockError('unknown_provider', `${app.definition.title} has no install flow.`);
  }
  return { install, redirectUri };
}

/** How the cookies of an app's pages are set. Plain http is for development; there `__Host-` and Secure would lock some browsers out. */
export const cookieScope = (app: RegisteredApp): CookieScope => ({
  secure: app.redirectUri === undefined || app.redirectUri.startsWith('https:'),
  embedded: app.definition.install?.frameAncestors !== undefined,
});

export const attemptCookies = (app: RegisteredApp): AttemptCookies =>
  new AttemptCookies(cookieScope(app));
