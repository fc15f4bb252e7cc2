import { cookieName, readCookies, serializeCookie } from '../foundation/http/cookies.js';
import type { CookieScope } from '../foundation/http/cookies.js';
import type { HttpRequest } from '../foundation/http/request.js';
import { ATTEMPT_LIFE_SECONDS } from './authorization-request.store.js';

/** Pending attempts of one browser; the oldest gives way. */
const MAX_PENDING = 8;
/** Removals in one answer: a server in front refuses answers whose headers are too long. */
const MAX_REMOVALS = 16;
const PREFIX = 'flock_attempt_';
/** Marks a finished attempt, which no longer counts as pending. */
const DONE = 'done.';

/** One cookie per attempt, so that two tabs do not disturb each other. */
export class AttemptCookies {
  constructor(private readonly scope: CookieScope) {}

  /** The new attempt's cookie, and the removal of what is too many. */
  begin(request: HttpRequest, stateHash: string, binding: string): string[] {
    const pending = this.pending(request).sort((a, b) => a.started - b.started);
    const overflow = pending.slice(
      0,
      Math.min(MAX_REMOVALS, Math.max(0, pending.length - MAX_PENDING + 1)),
    );
    const options = { maxAge: ATTEMPT_LIFE_SECONDS, ...this.scope };
    return [
      ...overflow.map(({ name }) => serializeCookie(name, '', { maxAge: 0, ...this.scope })),
      serializeCookie(this.name(stateHash), `${Date.now().toString(36)}.${binding}`, options),
    ];
  }

  /** The secret that this browser holds for an attempt. */
  binding(request: HttpRequest, stateHash: string): string | undefined {
    const value = readCookies(request).get(cookieName(this.name(stateHash), this.scope.secure));
    return value?.split('.').at(-1);
  }

  /** Kept until it expires, so that a repeated callback of the same browser is recognised. */
  finish(stateHash: string, binding: string): string {
    return serializeCookie(this.name(stateHash), `${DONE}${binding}`, {
      maxAge: ATTEMPT_LIFE_SECONDS,
      ...this.scope,
    });
  }

  private name(stateHash: string): string {
    return `${PREFIX}${stateHash.slice(0, 24)}`;
  }

  private pending(request: HttpRequest): { name: string; started: number }[] {
    const prefix = cookieName(PREFIX, this.scope.secure);
    return [...readCookies(request)]
      .filter(([name, value]) => name.startsWith(prefix) && !value.startsWith(DONE))
      .map(([name, value]) => ({
        name: name.slice(prefix.length - PREFIX.length),
        started: Number.parseInt(value, 36) || 0,
      }));
  }
}
