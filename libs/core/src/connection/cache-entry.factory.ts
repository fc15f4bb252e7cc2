import { Injectable, Logger } from '@nestjs/common';
import { renewAheadMs, readTokenSet } from './token-set.js';
import { UnsealError } from '../foundation/sealing/sealer.js';
import { SealingService } from '../foundation/sealing/sealing.service.js';
import { FlockMetrics } from '../foundation/telemetry/flock.metrics.js';
import type { TokenSet } from './token-set.js';
import { REREAD_MS } from './cached-connection.js';
import type { CachedConnection } from './cached-connection.js';
import { toConnection } from './connection.row.js';
import type { ConnectionRow } from './connection.row.js';
import { tokenSetPlace } from './seal-places.js';

/** A token is not handed out in its last 10 s (last fifth, for short lives): it has to last for the call. */
const SPARE_MS = 10_000;

/** Opens a row into memory. Remaining life is taken by the database's clock, then counted by ours. */
@Injectable()
export class CacheEntryFactory {
  private readonly logger = new Logger('NestFlock');

  constructor(
    private readonly sealing: SealingService,
    private readonly metrics: FlockMetrics,
  ) {}

  /** `readAt`: `performance.now()` from before the row was asked for. */
  create(row: ConnectionRow, readAt: number): CachedConnection {
    const opened = isIntact(row) ? this.openTokens(row) : this.unreadable(row, 'malformed');
    return this.fromTokens(row, opened, readAt);
  }

  fromTokens(
    row: ConnectionRow,
    opened: TokenSet | 'none' | 'unreadable',
    readAt: number,
  ): CachedConnection {
    const tokens = typeof opened === 'string' ? undefined : opened;
    const expiresAt =
      tokens === undefined || row.expires_at === null
        ? -Infinity
        : readAt + (row.expires_at - row.db_now);
    const lifeMs =
      row.expires_at !== null && row.refreshed_at !== null
        ? Math.max(0, row.expires_at - row.refreshed_at)
        : 0;
    const renewAt = tokens?.ends === true ? Infinity : expiresAt - renewAheadMs(lifeMs);
    const rereadAt = readAt + REREAD_MS;
    return {
      // The first request after each read takes the slow path, which notes the use.
      freshUntil: 0,
      accessToken: row.status === 'active' ? tokens?.accessToken : undefined,
      marked: false,
      connection: toConnection(row),
      generation: row.generation,
      tokenVersion: row.token_version,
      sessionEpoch: row.session_epoch,
      unreadable: opened === 'unreadable',
      expiresAt,
      usableUntil: expiresAt - Math.min(SPARE_MS, lifeMs * 0.2),
      renewAt,
      rereadAt,
      used: tokens?.ends === true || row.used_version >= row.token_version,
      slots: [],
      row: {
        id: row.id,
        provider: row.provider,
        app: row.app,
        environment: row.environment,
        generation: row.generation,
        token_version: row.token_version,
        expires_at: row.expires_at,
        refreshed_at: row.refreshed_at,
        account: row.account,
        server_url: row.server_url,
        failure: row.failure,
        retryAt: row.retry_at === null ? 0 : readAt + (row.retry_at - row.db_now),
        registered: row.credential !== null,
      },
    };
  }

  private openTokens(row: ConnectionRow): TokenSet | 'none' | 'unreadable' {
    if (row.token_set === null) return 'none';
    try {
      return readTokenSet(this.sealing.open(tokenSetPlace(row.id), row.token_set));
    } catch (error) {
      return this.unreadable(row, error instanceof UnsealError ? error.reason : 'malformed');
    }
  }

  private unreadable({ id, provider, app }: ConnectionRow, reason: string): 'unreadable' {
    this.metrics.securityEvent('unreadable');
    this.logger.error(
      `Connection ${id} (${provider}/${app}) is unreadable: ${reason}. ` +
        'Put the key that sealed it back into FLOCK_ENCRYPTION_KEYS; other connections go on.',
    );
    return 'unreadable';
  }
}

const STATUSES = new Set<string>(['active', 'reauthorization_required', 'revoked']);

/** Of a row that somebody has edited nobody can say whether and where it may be used. */
const isIntact = ({ status, server_url: url }: ConnectionRow): boolean =>
  STATUSES.has(status) && (url === null || URL.canParse(url));
