import { Inject, Injectable } from '@nestjs/common';
import type { CachedConnection } from '../connection/cached-connection.js';
import { ConnectionCache } from '../connection/connection.cache.js';
import { ConnectionReader } from '../connection/connection.reader.js';
import { describeRef } from '../provider/connection-ref.js';
import type { ConnectionRef } from '../provider/connection-ref.js';
import { ConnectionStatusService } from '../connection/connection-status.service.js';
import { FlockError } from '../foundation/errors/flock.error.js';
import { ProviderRegistry } from '../provider/provider.registry.js';
import { placeOf } from './endpoint/renewal-request.js';
import { RenewalService } from './renewal/renewal.service.js';
import { FlockMetrics } from '../foundation/telemetry/flock.metrics.js';
import { OneTimeTokens } from './one-time-token.service.js';
import { withDeadline } from './with-deadline.js';
import { RENEWAL_POLICY } from './endpoint/renewal-policy.js';
import type { RenewalPolicy } from './endpoint/renewal-policy.js';

export interface GetAccessTokenOptions {
  /** The token must still hold for so long; seconds, default 10, or a fifth of a shorter life. */
  readonly minValiditySeconds?: number;
  /** Obtain a new token for this call even though the present one holds. */
  readonly fresh?: boolean;
  /** The token that a provider answered with 401: it is replaced if it is still the current one. */
  readonly rejected?: string;
  /** Stops waiting; the renewal itself goes on. */
  readonly signal?: AbortSignal;
}

/** Hands out live access tokens. Inject it anywhere: requests, queue workers, cron jobs. */
@Injectable()
export class TokenService {
  constructor(
    private readonly cache: ConnectionCache,
    private readonly reader: ConnectionReader,
    private readonly registry: ProviderRegistry,
    private readonly status: ConnectionStatusService,
    private readonly renewals: RenewalService,
    @Inject(RENEWAL_POLICY) private readonly policy: RenewalPolicy,
    private readonly metrics: FlockMetrics,
    private readonly oneTime: OneTimeTokens,
  ) {}

  /**
   * A live access token of the connection. From memory when it holds: no SQL, no decryption. When it
   * is due, the present one is returned and renewed behind the caller; when it has ended, the call
   * waits for the renewal, at most `waitMs` of the renewal policy. Of a provider whose tokens serve
   * one use only, every call obtains a new one.
   *
   * @throws FlockError `not_connected`, `connection_ambiguous`, `reauthorization_required`,
   * `connection_revoked`, `connection_unreadable`, `app_credentials_rejected`, `provider_refused`,
   * `ip_not_allowed`, `store_not_adopted`; and, worth a later
   * try (`retryable`), `provider_unavailable`, `provider_rate_limited`, `renewal_timeout`.
   */
  async getAccessToken(ref: ConnectionRef, options?: GetAccessTokenOptions): Promise<string> {
    if (options === undefined) {
      const token = this.peek(ref);
      if (token !== undefined) return token;
    }
    return this.obtain(ref, options ?? {});
  }

  /** The token if it is in memory and needs nothing done; never waits, never throws. */
  peek(ref: ConnectionRef): string | undefined {
    const entry =
      typeof ref === 'string'
        ? this.cache.get(ref)
        : 'id' in ref
          ? this.cache.get(ref.id)
          : this.cache.find(ref);
    if (entry === undefined || entry.freshUntil <= performance.now()) return undefined;
    if (!entry.marked) entry.marked = true;
    return entry.accessToken;
  }

  private async obtain(ref: ConnectionRef, options: GetAccessTokenOptions): Promise<string> {
    options.signal?.throwIfAborted();
    const entry = await this.status.find(ref);
    this.status.assertUsable(entry);
    const app = this.registry.get(entry.row.provider, entry.row.app);
    const place = placeOf(app, entry.row);
    // A credential that was taken out of the configuration takes its tokens along.
    if (!entry.row.registered && !app.hasCredential(place)) throw app.noCredential(place);
    if (app.definition.tokenPerUse === true) {
      return this.oneTime.obtain(app, entry, options.signal);
    }
    const { rejected } = options;
    const refused = rejected !== undefined && rejected === entry.accessToken;
    // What nothing renews is not given up for a wish: it serves to its end.
    if (entry.renewAt === Infinity && !refused && holds(entry)) return this.serve(entry);
    const replace = options.fresh === true || refused;
    if (!replace && suffices(entry, options.minValiditySeconds)) return this.serve(entry);
    return this.renew(ref, entry, { replace, options });
  }

  /** Hands out a token that holds, notes its use, and starts a renewal behind it when due. */
  private serve(entry: CachedConnection): string {
    const now = performance.now();
    this.status.noteUse(entry);
    entry.marked = true;
    if (now >= entry.renewAt && !this.renewals.isQuiet) {
      // Not again with every call while the renewal fails.
      entry.renewAt = now + this.policy.backoffBaseMs;
      this.renewals.renew(entry.row).catch(() => undefined);
    }
    entry.freshUntil = Math.floor(Math.min(entry.usableUntil, entry.renewAt, entry.rereadAt));
    return entry.accessToken as string;
  }

  private async renew(
    ref: ConnectionRef,
    before: CachedConnection,
    request: { replace: boolean; options: GetAccessTokenOptions },
  ): Promise<string> {
    const { waitMs } = this.policy;
    const started = performance.now();
    // `fresh` is the host's own wish; only where nothing is spent may it disregard the interval.
    const app = this.registry.get(before.row.provider, before.row.app);
    const force = request.options.fresh === true && !app.needsPerson;
    if (request.replace && !force && this.tooSoon(before))
      return this.refuseAgain(before, request.options);
    let failure: unknown;
    let entry = before;
    do {
      const flight = this.renewals.renew(entry.row, { force });
      const rest = Math.max(0, started + waitMs - performance.now());
      failure = await withDeadline(flight, rest, request.options.signal).then(
        () => undefined,
        (error: unknown) => error,
      );
      request.options.signal?.throwIfAborted();
      entry = await this.status.find(before.connection.id);
      // The flight may have ended because the row had moved under it: the new row decides.
    } while (
      failure === undefined &&
      entry.tokenVersion === before.tokenVersion &&
      entry.connection.status === 'active' &&
      !entry.unreadable &&
      performance.now() < started + waitMs
    );
    this.metrics.waited(app.provider, performance.now() - started);
    this.status.assertUsable(entry);
    if (entry.tokenVersion !== before.tokenVersion && holds(entry)) return this.serve(entry);
    if (!request.replace && holds(entry)) return this.serve(entry);
    throw failure instanceof FlockError ? failure : this.timedOut(ref);
  }

  private tooSoon(entry: CachedConnection): boolean {
    const { expires_at, refreshed_at } = entry.row;
    if (expires_at === null || refreshed_at === null) return false;
    const age = expires_at - refreshed_at - (entry.expiresAt - performance.now());
    return age < this.policy.minIntervalMs;
  }

  /** A token that was rejected right after it was issued: another would be rejected too. */
  private refuseAgain(entry: CachedConnection, options: GetAccessTokenOptions): string {
    if (options.fresh === true && holds(entry)) return this.serve(entry);
    throw new FlockError(
      'provider_unavailable',
      'The provider rejects a token that it has only just issued; it is not renewed again at once.',
      { retryAfterSeconds: Math.max(1, Math.ceil(this.policy.minIntervalMs / 1_000)) },
    );
  }

  private timedOut(ref: ConnectionRef): FlockError {
    return new FlockError(
      'renewal_timeout',
      `The token of ${describeRef(ref)} was not renewed in time.`,
      {
        retryAfterSeconds: 1,
      },
    );
  }
}

/** Not ended yet, however little is left. */
const holds = (entry: CachedConnection): boolean =>
  entry.accessToken !== undefined && entry.expiresAt > performance.now();

/** Lasts as long as the caller needs. */
function suffices(entry: CachedConnection, minValiditySeconds: number | undefined): boolean {
  if (minValiditySeconds === undefined) {
    return entry.accessToken !== undefined && entry.usableUntil > performance.now();
  }
  return holds(entry) && entry.expiresAt - performance.now() > minValiditySeconds * 1_000;
}
