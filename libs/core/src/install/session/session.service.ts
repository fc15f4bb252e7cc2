import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { DatabaseClock } from '../../foundation/database/database-clock.js';
import { cookieName, readCookies, serializeCookie } from '../../foundation/http/cookies.js';
import type { CookieScope } from '../../foundation/http/cookies.js';
import type { HttpRequest } from '../../foundation/http/request.js';
import { SealingService } from '../../foundation/sealing/sealing.service.js';
import { FlockMetrics } from '../../foundation/telemetry/flock.metrics.js';
import type { Session } from './session.js';

/** Pages in a frame have a session of their own, which ends with its frame's site. */
const nameOf = ({ embedded }: CookieScope): string =>
  embedded ? 'flock_embedded_session' : 'flock_session';
const PLACE = { table: 'session', row: 'cookie', column: 'value' };
const LIFE_SECONDS = 43_200;
const IDLE_SECONDS = 3_600;
/** A used session is sealed anew after so long, which moves its idle time on. */
const TOUCH_SECONDS = 300;
/** A browser keeps at most this many connections; a cookie holds about 4 KB. */
const MAX_CONNECTIONS = 24;

/** The sealed session cookie: 12 hours, idle 1 hour. Nothing of it is kept on the server. */
@Injectable()
export class SessionService {
  constructor(
    private readonly sealing: SealingService,
    private readonly metrics: FlockMetrics,
    private readonly clock: DatabaseClock,
  ) {}

  /** By its exact name: a cookie without the prefix could come from a sibling domain. */
  read(request: HttpRequest, scope: CookieScope): Session | undefined {
    const value = readCookies(request).get(cookieName(nameOf(scope), scope.secure));
    if (value === undefined) return undefined;
    try {
      const session = JSON.parse(
        this.sealing.open(PLACE, Buffer.from(value, 'base64url')),
      ) as Session;
      const now = this.now();
      const alive = now < session.issuedAt + LIFE_SECONDS && now < session.seenAt + IDLE_SECONDS;
      return alive ? session : undefined;
    } catch {
      this.metrics.securityEvent('session_invalid');
      return undefined;
    }
  }

  /** After an install: the browser's connections but `without`, and the new ones, under a new id. */
  start(
    request: HttpRequest,
    added: Session['connections'],
    options: { user?: string; scope: CookieScope; without?: ReadonlySet<string> },
  ): string {
    const previous = this.read(request, options.scope);
    const kept =
      previous !== undefined && previous.user === options.user ? previous.connections : [];
    const gone = new Set([...added.map(({ id }) => id), ...(options.without ?? [])]);
    const others = kept.filter(({ id }) => !gone.has(id)).slice(-(MAX_CONNECTIONS - added.length));
    const now = this.now();
    const session: Session = {
      id: randomUUID(),
      ...(options.user !== undefined && { user: options.user }),
      connections: [...others, ...added],
      issuedAt: now,
      seenAt: now,
    };
    return this.write(session, options.scope);
  }

  /** A fresh cookie when the session was idle for a while, else nothing. */
  touch(session: Session, scope: CookieScope): string | undefined {
    const now = this.now();
    if (now - session.seenAt < TOUCH_SECONDS) return undefined;
    return this.write({ ...session, seenAt: now }, scope);
  }

  private write(session: Session, scope: CookieScope): string {
    const value = this.sealing.seal(PLACE, JSON.stringify(session)).toString('base64url');
    const maxAge = session.issuedAt + LIFE_SECONDS - this.now();
    return serializeCookie(nameOf(scope), value, { maxAge, ...scope });
  }

  /** In seconds; the same for all instances, which read one another's cookies. */
  private now(): number {
    return Math.floor(this.clock.now() / 1_000);
  }
}
