import { Injectable } from '@nestjs/common';
import { FlockError } from '@nest-flock/core';
import { randomUUID } from 'node:crypto';
import { activateSession, halfStarted } from './activate-session.js';
import { readAmount, readEmail, readId, readText, readUrls } from './check-input.js';
import { FlinksPayAccounts } from './flinks-pay.accounts.js';
import type { FlinksPayCallOptions } from './flinks-pay.accounts.js';
import { hostedUrl } from './flinks-pay.session.js';
import type {
  FlinksPayActivation,
  FlinksPayPayment,
  FlinksPaySession,
  FlinksPaySessionStart,
} from './flinks-pay.session.js';
import { FlinksPayPolling } from './flinks-pay.polling.js';
import { FlinksPayV2Service } from './flinks-pay-v2.service.js';
import { answeredText } from './read-answer.js';
import { startSession } from './start-session.js';

/** Payment sessions of FlinksPay: Interac e-Transfer with v1, both types with {@link v2}. */
@Injectable()
export class FlinksPayService {
  constructor(
    private readonly accounts: FlinksPayAccounts,
    /** The `/api/v2/sessions` calls. */
    readonly v2: FlinksPayV2Service,
    private readonly polling: FlinksPayPolling,
  ) {}

  /**
   * Starts a session and makes it ready for the payer: authorize, initiate, payment request, in the
   * fixed order of the getting-started page. The token is new and serves this session alone.
   *
   * @throws FlockError before anything is sent: `invalid_amount`, `invalid_request`, `not_connected`,
   * `connection_ambiguous`; nothing started: `provider_unavailable`, `provider_rate_limited`
   * (retryable), `app_credentials_rejected`, `provider_refused`; `outcome_unknown` with the
   * `referenceId` when nobody knows whether there is a session: it is never sent again.
   * With a `sessionId` there is one, and {@link activateSession} goes on with it: `outcome_unknown`,
   * or `provider_refused` if FlinksPay refused the payment request.
   */
  async createSession(
    session: FlinksPaySessionStart,
    options: FlinksPayCallOptions = {},
  ): Promise<FlinksPaySession> {
    const { timeoutMs } = options;
    const referenceId = readText(session.referenceId ?? randomUUID(), 'referenceId');
    const fields = {
      amount: readAmount(session.amount),
      customerName: readText(session.customerName, 'customerName'),
      customerEmail: readEmail(session.customerEmail, 'customerEmail'),
      referenceId,
    };
    const urls = session.clientUrls && readUrls(session.clientUrls, 'clientUrls');
    const account = await this.accounts.open(options);
    const body = { ...fields, ...(urls !== undefined && { [account.clientUrlsField]: urls }) };
    const token = await account.newToken();
    const start = { path: '/api/v1/sessions/initiate', body, referenceId, timeoutMs };
    const sessionId = await startSession(account, token, start);
    try {
      const requestId = await activateSession(account, token, sessionId, timeoutMs);
      await this.polling.follow(account.connection, { sessionId, requestId, referenceId });
      return { sessionId, referenceId, requestId, url: hostedUrl(account.baseUrl, sessionId) };
    } catch (error) {
      throw halfStarted(error, sessionId, referenceId);
    }
  }

  /**
   * The payment request of a session that {@link createSession} started but could not activate. May
   * be called again; what FlinksPay answers to a second one is not documented.
   * @throws FlockError `invalid_request`, `not_connected`, `connection_ambiguous`,
   * `provider_unavailable`, `provider_rate_limited`, `provider_refused`, `app_credentials_rejected`
   */
  async activateSession(
    sessionId: string,
    options: FlinksPayCallOptions = {},
  ): Promise<FlinksPayActivation> {
    readId(sessionId, 'sessionId');
    const account = await this.accounts.open(options);
    const token = await account.newToken();
    const requestId = await activateSession(account, token, sessionId, options.timeoutMs);
    await this.polling.follow(account.connection, { sessionId, requestId });
    return { sessionId, requestId, url: hostedUrl(account.baseUrl, sessionId) };
  }

  /**
   * How a payment stands. No event is sent for a session that expires, so ask; every 30 s at most is
   * the figure of the page (GET PaymentRequests).
   * @throws FlockError as {@link activateSession}
   */
  async paymentStatus(
    requestId: string,
    options: FlinksPayCallOptions = {},
  ): Promise<FlinksPayPayment> {
    const path = `/api/v1/paymentrequests/${readId(requestId, 'requestId')}`;
    const { timeoutMs } = options;
    const { client } = await this.accounts.open(options);
    const { data } = await client.get(path, { ...(timeoutMs !== undefined && { timeoutMs }) });
    const status = answeredText(data, 'status');
    if (status === undefined) {
      throw new FlockError(
        'provider_unavailable',
        'FlinksPay answered a payment without a status.',
      );
    }
    const paymentReferenceNumber = answeredText(data, 'paymentReferenceNumber');
    return {
      requestId,
      status,
      ...(paymentReferenceNumber !== undefined && { paymentReferenceNumber }),
    };
  }
}
