import { Inject, Injectable } from '@nestjs/common';
import type { CachedConnection } from '../connection/cached-connection.js';
import { ConnectionReader } from '../connection/connection.reader.js';
import { FlockError } from '../foundation/errors/flock.error.js';
import type { RegisteredApp } from '../provider/registered-app.js';
import type { TokenOutcome } from '../provider/token-answer.js';
import type { ClientCredential } from '../provider/token-call.js';
import { CircuitService } from './endpoint/circuit.service.js';
import { failureError } from './endpoint/renewal-failure.js';
import type { RenewalFailure } from './endpoint/renewal-failure.js';
import { placeOf, RenewalRequests } from './endpoint/renewal-request.js';
import type { PlacedRow } from './endpoint/renewal-request.js';
import { TokenSender } from './endpoint/token-sender.js';
import { FlockMetrics } from '../foundation/telemetry/flock.metrics.js';
import { withDeadline } from './with-deadline.js';
import { RENEWAL_POLICY } from './endpoint/renewal-policy.js';
import type { RenewalPolicy } from './endpoint/renewal-policy.js';

/** Whose token is asked for: the credential, and the row that says where. */
interface TokenUser {
  readonly row: PlacedRow;
  readonly client: ClientCredential;
  readonly registered: boolean;
}

/**
 * Obtains a token for one use: never cached, never stored, never given to two callers. Nothing can be
 * lost, so there is no claim; a rejected credential stops all the same, and each account by itself.
 */
@Injectable()
export class OneTimeTokens {
  constructor(
    private readonly reader: ConnectionReader,
    private readonly requests: RenewalRequests,
    private readonly circuits: CircuitService,
    @Inject(RENEWAL_POLICY) private readonly policy: RenewalPolicy,
    private readonly metrics: FlockMetrics,
    private readonly sender: TokenSender,
  ) {}

  /**
   * @throws FlockError `not_connected` without a credential, `app_credentials_rejected`,
   * `provider_refused`, `provider_rate_limited`, `provider_unavailable`, `ip_not_allowed`
   */
  async obtain(app: RegisteredApp, entry: CachedConnection, signal?: AbortSignal): Promise<string> {
    const started = performance.now();
    const work = this.obtainOnce(app, entry);
    // The caller may leave; a token that comes too late is nobody's.
    const rest = 2 * this.policy.httpTimeoutMs;
    const code = (error: unknown) => (error instanceof FlockError ? error.code : 'error');
    work.then(
      () => this.metrics.renewed(app.provider, 'obtained', performance.now() - started),
      (error) => this.metrics.renewed(app.provider, code(error), performance.now() - started),
    );
    return withDeadline(work, rest, signal);
  }

  private async obtainOnce(app: RegisteredApp, entry: CachedConnection): Promise<string> {
    const user = await this.user(app, entry);
    const { client } = user;
    const circuit = this.requests.credentialCircuit(app, placeOf(app, user.row), client);
    if (this.circuits.isOpen(circuit) && !(await this.circuits.takeProbe(circuit))) {
      const replacement = await this.replacement(app, user);
      if (replacement === undefined) {
        throw this.failure('credential_rejected', app, this.policy.probeIntervalMs);
      }
      return this.granted(app, replacement, await this.send(app, replacement));
    }
    const outcome = await this.send(app, user);
    if (outcome.kind === 'credential_rejected') {
      const replacement = await this.replacement(app, user);
      if (replacement !== undefined) {
        return this.granted(app, replacement, await this.send(app, replacement));
      }
    }
    return this.granted(app, user, outcome);
  }

  /** What the host's resolver gives now, if that is another secret. */
  private async replacement(app: RegisteredApp, user: TokenUser): Promise<TokenUser | undefined> {
    const { row, client: rejected } = user;
    if (user.registered) return undefined;
    const client = await app.credential(placeOf(app, row), true).catch(() => rejected);
    const same = client.id === rejected.id && client.secret === rejected.secret;
    return same ? undefined : { ...user, client };
  }

  /** A registered credential and its server come from one reading: they were registered together. */
  private async user(app: RegisteredApp, entry: CachedConnection): Promise<TokenUser> {
    if (!entry.row.registered) {
      const client = await app.credential(placeOf(app, entry.row));
      return { row: entry.row, client, registered: false };
    }
    const row = await this.reader.row(entry.row.id);
    if (row === undefined || row.status !== 'active' || row.credential === null) {
      throw app.noCredential(placeOf(app, row ?? entry.row));
    }
    const client = await this.requests.client(app, row).catch(() => {
      throw this.failure('unreadable', app, 0);
    });
    return { row, client, registered: true };
  }

  private async send(app: RegisteredApp, { row, client }: TokenUser): Promise<TokenOutcome> {
    const request = this.requests.build(app, row, client, undefined);
    if (request === undefined) throw new Error(`${app.definition.title} obtains no tokens`);
    const place = placeOf(app, row);
    const heldMs = await this.sender.book(app, place);
    if (heldMs > 0) throw this.failure('throttled', app, heldMs);
    return (await this.sender.send(app, place, request)).outcome;
  }

  private async granted(
    app: RegisteredApp,
    { row, client }: TokenUser,
    outcome: TokenOutcome,
  ): Promise<string> {
    const circuit = this.requests.credentialCircuit(app, placeOf(app, row), client);
    switch (outcome.kind) {
      case 'granted':
        await this.circuits.succeed(circuit);
        return outcome.answer.access_token;
      case 'credential_rejected':
        await this.circuits.fail(circuit);
        throw this.failure('credential_rejected', app, this.policy.probeIntervalMs);
      case 'throttled':
        throw this.failure('throttled', app, (outcome.retryAfterSeconds ?? 1) * 1_000);
      case 'refused':
      case 'dead':
        if (outcome.error === 'ip_not_allowed') throw this.failure('ip_not_allowed', app, 1_000);
        throw new FlockError(
          'provider_refused',
          `${app.definition.title} refuses to issue a token (${outcome.error}).`,
        );
      case 'not_sent':
        throw this.failure('not_sent', app, 1_000);
      case 'unknown':
        throw this.failure('unknown_outcome', app, (outcome.retryAfterSeconds ?? 1) * 1_000);
    }
  }

  private failure(failure: RenewalFailure, app: RegisteredApp, retryAfterMs: number): FlockError {
    return failureError(failure, app, retryAfterMs);
  }
}
