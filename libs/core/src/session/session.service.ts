import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { cookieName, readCookies, serializeCookie } from '../http/cookies.js';
import type { HttpRequest } from '../http/request.js';
import { SealingService } from '../sealing/sealing.service.js';
import { FlockMetrics } from '../telemetry/flock.metrics.js';
import type { Session } from './session.js';

const NAME = 'flock_session';
const PLACE = { table: 'session', row: 'cookie', column: 'value' };
const LIFE_SECONDS = 43_200;
const IDLE_SECONDS = 3_600;
/** A used session is sealed anew after so long, which moves its idle time on. */
const TOUCH_SECONDS = 300;
/** A browser keeps at most this many connections; a cookie holds about 4 KB. */
const MAX_CONNECTIONS = 24;

const nowSeconds = (): number => Math.floor(Date.now() / 1_000);

/** The sealed session cookie: 12 hours, idle 1 hour. Nothing of it is kept on the server. */
@Injectable()
export class SessionService {
  constructor(
    private readonly sealing: SealingService,
    private readonly metrics: FlockMetrics,
  ) {}

  /** By its exact name: a cookie without the prefix could come from a sibling domain. */
  read(request: HttpRequest, secure: boolean): Session | undefined {
    const value = readCookies(request).get(cookieName(NAME, secure));
    if (value === undefined) return undefined;
    try {
      const session = JSON.parse(
        this.sealing.open(PLACE, Buffer.from(value, 'base64url')),
      ) as Session;
      const now = nowSeconds();
      const alive = now < session.issuedAt + LIFE_SECONDS && now < session.seenAt + IDLE_SECONDS;
      return alive ? session : undefined;
    } catch {
      this.metrics.securityEvent('session_invalid');
      return undefined;
    }
  }

  /** After an install: the browser's connections and the new one, under a new id. */
  start(
    request: HttpRequest,
    connection: { id: string; epoch: number },
    options: { user?: string; secure: boolean },
  ): string {
    const previous = this.read(request, options.secure);
    const kept =
      previous !== undefined && previous.user === options.user ? previous.connections : [];
    const others = kept.filter(({ id }) => id !== connection.id).slice(-(MAX_CONNECTIONS - 1));
    const now = nowSeconds();
    const session: Session = {
      id: randomUUID(),
      ...(options.user !== undefined && { user: options.user }),
      connections: [...others, { id: connection.id, epoch: connection.epoch }],
      issuedAt: now,
      seenAt: now,
    };
    return this.write(session, options.secure);
  }

  /** A fresh cookie when the session was idle for a while, else nothing. */
  touch(session: Session, secure: boolean): string | undefined {
    const now = nowSeconds();
    if (now - session.seenAt < TOUCH_SECONDS) return undefined;
    return this.write({ ...session, seenAt: now }, secure);
  }

  private write(session: Session, secure: boolean): string {
    const value = this.sealing.seal(PLACE, JSON.stringify(session)).toString('base64url');
    const maxAge = session.issuedAt + LIFE_SECONDS - nowSeconds();
    return serializeCookie(NAME, value, { maxAge, secure });
  }
}
