import { Injectable } from '@nestjs/common';
import { FlockError } from '@nest-flock/core';
import { withoutUndefined } from '@nest-flock/core/provider';
import { randomUUID } from 'node:crypto';
import { FlinksPayAccounts } from './flinks-pay.accounts.js';
import type { FlinksPayCallOptions } from './flinks-pay.accounts.js';
import { FlinksPayPolling } from './flinks-pay.polling.js';
import { v2Body } from './flinks-pay-v2.body.js';
import type {
  FlinksPayV2Details,
  FlinksPayV2Session,
  FlinksPayV2SessionStart,
  FlinksPayV2Status,
} from './flinks-pay-v2.session.js';
import { readId, readText } from './check-input.js';
import { hostedUrl } from './flinks-pay.session.js';
import { answered, answeredText } from './read-answer.js';
import { startSession } from './start-session.js';

/** The `/api/v2/sessions` calls, each with a token of its own. */
@Injectable()
export class FlinksPayV2Service {
  constructor(
    private readonly accounts: FlinksPayAccounts,
    private readonly polling: FlinksPayPolling,
  ) {}

  /**
   * Starts a session; v2 needs no payment request.
   * @throws FlockError as `FlinksPayService.createSession`, never with a `sessionId`
   */
  async createSession(
    session: FlinksPayV2SessionStart,
    options: FlinksPayCallOptions = {},
  ): Promise<FlinksPayV2Session> {
    const referenceId = readText(session.referenceId ?? randomUUID(), 'referenceId');
    const body = v2Body(session, referenceId);
    const account = await this.accounts.open(options);
    const sessionId = await startSession(account, await account.newToken(), {
      path: '/api/v2/sessions',
      body,
      referenceId,
      timeoutMs: options.timeoutMs,
    });
    await this.polling.follow(account.connection, { sessionId, referenceId });
    return { sessionId, referenceId, url: hostedUrl(account.baseUrl, sessionId) };
  }

  /** @throws FlockError as `FlinksPayService.paymentStatus` */
  async status(sessionId: string, options: FlinksPayCallOptions = {}): Promise<FlinksPayV2Status> {
    return statusOf(sessionId, await this.call('GET', sessionId, 'status', options));
  }

  /** @throws FlockError as `FlinksPayService.paymentStatus` */
  async details(
    sessionId: string,
    options: FlinksPayCallOptions = {},
  ): Promise<FlinksPayV2Details> {
    const data = await this.call('GET', sessionId, 'details', options);
    const { amount } = data;
    return {
      ...statusOf(sessionId, data),
      ...withoutUndefined({
        referenceId: answeredText(data, 'referenceId'),
        amount: typeof amount === 'number' ? amount.toFixed(2) : undefined,
        type: answeredText(data, 'type'),
      }),
      data,
    };
  }

  /**
   * Ends a session that is not complete. May be called again; an ended session is refused.
   * @throws FlockError as `FlinksPayService.paymentStatus`
   */
  async cancel(sessionId: string, options: FlinksPayCallOptions = {}): Promise<FlinksPayV2Status> {
    return statusOf(sessionId, await this.call('POST', sessionId, 'cancel', options));
  }

  private async call(
    method: 'GET' | 'POST',
    sessionId: string,
    action: 'status' | 'details' | 'cancel',
    options: FlinksPayCallOptions,
  ): Promise<Readonly<Record<string, unknown>>> {
    const path = `/api/v2/sessions/${readId(sessionId, 'sessionId')}/${action}`;
    const { timeoutMs } = options;
    const { client } = await this.accounts.open(options);
    const { data } = await client.request(method, path, {
      repeatable: true,
      ...(timeoutMs !== undefined && { timeoutMs }),
    });
    return answered(data);
  }
}

function statusOf(sessionId: string, data: Readonly<Record<string, unknown>>): FlinksPayV2Status {
  const status = answeredText(data, 'status');
  if (status !== undefined) return { sessionId, status };
  throw new FlockError('provider_unavailable', 'FlinksPay answered a session without a status.', {
    sessionId,
  });
}
