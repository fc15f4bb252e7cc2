import { Inject, Injectable } from '@nestjs/common';
import { publishStep } from '../../foundation/telemetry/renewal-steps.js';
import type { TokenOutcome } from '../../provider/token-answer.js';
import type { ClientCredential } from '../../provider/token-call.js';
import { CircuitService } from '../endpoint/circuit.service.js';
import { RENEWAL_POLICY } from '../endpoint/renewal-policy.js';
import type { RenewalPolicy } from '../endpoint/renewal-policy.js';
import { placeOf, RenewalRequests } from '../endpoint/renewal-request.js';
import type { OpenedRow } from '../endpoint/renewal-request.js';
import { TokenSender } from '../endpoint/token-sender.js';
import type { ClaimedRow, UsableClaim } from './claimed-row.js';
import { Claims } from './claims.js';

/** What became of the call under a claim. */
export type Sent =
  | {
      readonly kind: 'answered';
      readonly outcome: TokenOutcome;
      /** The database's time when the request left. */
      readonly sentAt: number;
      /** Sends that ended with nobody knowing whether the token was spent. */
      readonly unknown: number;
      /** What was sent was built of this. */
      readonly opened: OpenedRow;
    }
  /** The endpoint takes nothing for so long. Nothing was spent, and nothing has failed. */
  | { readonly kind: 'held'; readonly waitMs: number }
  /** The claim had gone to another instance. Nothing was spent. */
  | { readonly kind: 'lapsed' }
  /** There is nothing to renew with: only the merchant can help. */
  | { readonly kind: 'nothing_to_send' };

/** Sends the grant of a claimed connection, and says what came of it. */
@Injectable()
export class RenewalSender {
  constructor(
    private readonly requests: RenewalRequests,
    private readonly circuits: CircuitService,
    private readonly sender: TokenSender,
    private readonly claims: Claims,
    @Inject(RENEWAL_POLICY) private readonly policy: RenewalPolicy,
  ) {}

  /**
   * The grant's POST. Where a refresh token is only a short cut, what it meets says nothing about the
   * credential: it is dropped, and a token obtained anew, once.
   */
  async send(claimed: UsableClaim, opened: OpenedRow): Promise<Sent> {
    const { app } = claimed;
    const shortcut = !app.needsPerson && app.definition.refreshes === true;
    if (shortcut && opened.tokens?.refreshToken !== undefined) {
      const first = await this.post(claimed, opened, claimed.client);
      if (first.kind !== 'answered' || !leadsNowhere(first.outcome)) return first;
      const { refreshToken: _refused, ...kept } = opened.tokens;
      return this.sendGrant(claimed, { ...opened, tokens: kept });
    }
    return this.sendGrant(claimed, opened);
  }

  /**
   * One POST, and a second one with the same token when the first had no clear end, or with the
   * resolver's present secret when that changed.
   */
  private async sendGrant(claimed: UsableClaim, opened: OpenedRow): Promise<Sent> {
    const { app } = claimed;
    const first = await this.post(claimed, opened, claimed.client);
    if (first.kind !== 'answered') return first;
    const { outcome } = first;
    if (outcome.kind === 'credential_rejected' && opened.registered === undefined) {
      // A resolver that fails leaves the first answer to stand.
      const client = await app
        .credential(placeOf(app, claimed.row), true)
        .catch(() => claimed.client);
      if (client.secret === claimed.client.secret && client.id === claimed.client.id) return first;
      const may = !app.needsPerson || (await this.claims.extend(claimed));
      return may ? this.post(claimed, opened, client) : first;
    }
    if (outcome.kind === 'unknown' && outcome.reason !== 'redirect') {
      await this.circuits.fail(claimed.endpoint);
      if (outcome.retryAfterSeconds !== undefined || !(await this.claims.extend(claimed)))
        return first;
      const second = await this.post(claimed, opened, claimed.client);
      if (second.kind !== 'answered') return first;
      const stillUnknown = second.outcome.kind === 'unknown' ? 1 : 0;
      if (stillUnknown === 1) await this.circuits.fail(claimed.endpoint);
      return { ...second, unknown: 1 + stillUnknown };
    }
    if (outcome.kind === 'unknown') await this.circuits.fail(claimed.endpoint);
    return first;
  }

  private async post(
    claimed: UsableClaim,
    opened: OpenedRow,
    client: ClientCredential,
  ): Promise<Sent> {
    const { app, row, attemptId } = claimed;
    const request = this.requests.build(app, row, client, opened.tokens);
    if (request === undefined) return { kind: 'nothing_to_send' };
    const place = placeOf(app, row);
    const waitMs = await this.sender.book(app, place);
    if (waitMs > 0) return { kind: 'held', waitMs };
    if (!(await this.stillHolds(claimed))) return { kind: 'lapsed' };
    const sentAt = row.db_now + (performance.now() - claimed.receivedAt);
    publishStep('sending', row.id, attemptId);
    const { outcome } = await this.sender.send(app, place, request);
    publishStep('answered', row.id, attemptId);
    // Nothing can be lost where a new grant needs no person.
    const unknown = outcome.kind === 'unknown' && app.needsPerson ? 1 : 0;
    return { kind: 'answered', outcome, sentAt, unknown, opened };
  }

  /**
   * A process that was frozen since it asked for its claim must not spend what another has meanwhile spent: with
   * too little of the claim left for a call, it is extended, or lost. What remains is a freeze
   * between here and the socket.
   */
  private async stillHolds(claimed: ClaimedRow): Promise<boolean> {
    const { policy } = this;
    const used = performance.now() - claimed.askedAt;
    if (!claimed.app.needsPerson || used < policy.storeBudgetMs) return true;
    return this.claims.extend(claimed);
  }
}

/** What was sent is not accepted, or nobody knows, and nothing is lost by trying the other way. */
const leadsNowhere = ({ kind }: TokenOutcome): boolean =>
  kind === 'dead' || kind === 'refused' || kind === 'credential_rejected' || kind === 'unknown';
