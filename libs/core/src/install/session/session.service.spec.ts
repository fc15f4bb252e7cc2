import { randomBytes } from 'node:crypto';
import type { DatabaseClock } from '../../foundation/database/database-clock.js';
import { SealingService } from '../../foundation/sealing/sealing.service.js';
import type { FlockMetrics } from '../../foundation/telemetry/flock.metrics.js';
import { SessionService } from './session.service.js';
import type { Session } from './session.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('the session of a browser', () => {
  const scope = { secure: true, path: '/', embedded: false };
  const events: string[] = [];
  let now = 0;
  const sealing = new SealingService();
  sealing.use([{ id: 'k1', key: randomBytes(32) }]);
  const sessions = new SessionService(
    sealing,
    { securityEvent: (name: string) => events.push(name) } as unknown as FlockMetrics,
    { now: () => now } as unknown as DatabaseClock,
  );

  /** The request of a browser that was given this cookie. */
  const from = (cookie: string) => ({
    method: 'GET',
    url: '/',
    headers: { cookie: cookie.split(';')[0] as string },
  });
  const nobody = { method: 'GET', url: '/', headers: {} };
  const connection = (id: string): Session['connections'][number] => ({ id, epoch: 1 });
  const idsOf = (cookie: string) =>
    sessions.read(from(cookie), scope)?.connections.map(({ id }) => id);

  beforeEach(() => {
    now = Date.UTC(2026, 0, 1);
    events.length = 0;
  });

  it('ends an hour after it was last used', () => {
    const cookie = sessions.start(nobody, [connection('a')], { scope });
    now += HOUR - 1_000;
    expect(idsOf(cookie)).toEqual(['a']);
    now += 1_000;
    expect(idsOf(cookie)).toBeUndefined();
    // That is no attack.
    expect(events).toEqual([]);
  });

  it('goes on while it is used, sealed anew after five minutes, and ends after twelve hours', () => {
    let cookie = sessions.start(nobody, [connection('a')], { scope });
    const started = now;
    now += 5 * MINUTE - 1_000;
    expect(sessions.touch(sessions.read(from(cookie), scope) as Session, scope)).toBeUndefined();
    while (now + 50 * MINUTE < started + 12 * HOUR) {
      now += 50 * MINUTE;
      const session = sessions.read(from(cookie), scope) as Session;
      cookie = sessions.touch(session, scope) as string;
      const left = (started + 12 * HOUR - now) / 1_000;
      expect(cookie).toContain(`Max-Age=${left}`);
    }
    now = started + 12 * HOUR - 1_000;
    expect(idsOf(cookie)).toEqual(['a']);
    now += 1_000;
    expect(idsOf(cookie)).toBeUndefined();
  });

  it('keeps what the browser had, but for another user, and never the same twice', () => {
    const first = sessions.start(nobody, [connection('a')], { scope, user: 'u1' });
    const second = sessions.start(from(first), [connection('b')], { scope, user: 'u1' });
    expect(idsOf(second)).toEqual(['a', 'b']);
    expect(idsOf(sessions.start(from(second), [connection('a')], { scope, user: 'u1' }))).toEqual([
      'b',
      'a',
    ]);
    const without = new Set(['a']);
    const rest = sessions.start(from(second), [connection('c')], { scope, user: 'u1', without });
    expect(idsOf(rest)).toEqual(['b', 'c']);
    expect(idsOf(sessions.start(from(second), [connection('c')], { scope, user: 'u2' }))).toEqual([
      'c',
    ]);
  });

  it('is none when it was changed, and that is told', () => {
    const cookie = sessions.start(nobody, [connection('a')], { scope });
    expect(idsOf(cookie.replace(/=(.{8})/, '=AAAAAAAA'))).toBeUndefined();
    expect(events).toEqual(['session_invalid']);
  });
});
