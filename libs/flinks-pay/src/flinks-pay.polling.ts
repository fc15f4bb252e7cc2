import { Injectable, Logger } from '@nestjs/common';
import { FlockError, OnTask, RetryLater } from '@nest-flock/core';
import { DEFAULT_ACCOUNT, urlPath } from '@nest-flock/core/provider';
import type { Connection, Delivery } from '@nest-flock/core';
import { FLINKS_PAY, FlinksPayHandle } from './flinks-pay.definition.js';
import { sessionStatusId } from './flinks-pay.webhooks.js';
import { answeredText } from './read-answer.js';

/** What is followed: a v2 session, or the payment request of a v1 session. */
export interface FollowedSession {
  readonly sessionId: string;
  readonly requestId?: string;
  readonly referenceId?: string;
}

const TASK = 'flinks-pay.poll';
/** No webhook says that a session has expired, and no page says when it does. */
const GIVE_UP_MS = 7 * 86_400_000;
/** After the first hour nobody waits at the screen any more. */
const SLOW_AFTER_MS = 3_600_000;
const SLOW_FACTOR = 10;
/** A slow answer must not hold up other deliveries. */
const TIMEOUT_MS = 5_000;
/** Both spellings are in use. v1: nothing follows `Settled`; `Accepted` already guarantees the funds. */
const ENDED = new Set([
  'completed',
  'failed',
  'canceled',
  'cancelled',
  'expired',
  'declined',
  'settled',
]);

/**
 * Asks how a session stands until it has ended: webhooks are sent once, never again, and not for all
 * ends (webhook guide). Each status that is found becomes an event like the webhook's own, under the
 * same id, so that handlers hear of it once.
 */
@Injectable()
export class FlinksPayPolling {
  private readonly logger = new Logger('NestFlock');

  constructor(private readonly flinksPay: FlinksPayHandle) {}

  /** The session exists: that it cannot be followed must not look as if it did not. */
  async follow(connection: Connection, session: FollowedSession): Promise<void> {
    const seconds = this.secondsOf(connection.app);
    if (seconds === 0) return;
    await this.flinksPay.tasks
      .schedule({
        provider: FLINKS_PAY,
        app: connection.app,
        type: TASK,
        key: `${connection.id}/${session.sessionId}`.slice(0, 170),
        connectionId: connection.id,
        payload: { ...session },
        delayMs: seconds * 1_000,
      })
      .catch(() => {
        this.logger.warn(
          `The FlinksPay session ${session.sessionId} is not followed: the store refused it. Its webhook, if there is one, still counts.`,
        );
      });
  }

  @OnTask(FLINKS_PAY, TASK)
  async poll({ app, connection, payload, receivedAt }: Delivery): Promise<void> {
    const seconds = this.secondsOf(app);
    if (seconds === 0 || connection?.status !== 'active') return;
    const session = payload as unknown as FollowedSession;
    const status = await this.statusOf(connection, session);
    if (status !== undefined) await this.announce(connection, session, status);
    if (status !== undefined && ENDED.has(status.toLowerCase())) return;
    const age = Date.now() - receivedAt.getTime();
    if (age > GIVE_UP_MS) return;
    throw new RetryLater(seconds * (age > SLOW_AFTER_MS ? SLOW_FACTOR : 1));
  }

  /** `undefined`: no clear answer now; asked again later. */
  private async statusOf(
    connection: Connection,
    { sessionId, requestId }: FollowedSession,
  ): Promise<string | undefined> {
    const path =
      requestId === undefined
        ? urlPath`/api/v2/sessions/${sessionId}/status`
        : urlPath`/api/v1/paymentrequests/${requestId}`;
    try {
      const { data } = await this.flinksPay.clients
        .for(connection, FLINKS_PAY)
        .get(path, { timeoutMs: TIMEOUT_MS });
      return answeredText(data, 'status');
    } catch (error) {
      if (error instanceof FlockError) return undefined;
      throw error;
    }
  }

  private async announce(
    { app, account }: Connection,
    { sessionId, referenceId }: FollowedSession,
    status: string,
  ): Promise<void> {
    await this.flinksPay.tasks.emit({
      provider: FLINKS_PAY,
      app,
      // The default account has no route of its own.
      ...(account !== DEFAULT_ACCOUNT && { tenant: account }),
      eventId: sessionStatusId(sessionId, status),
      type: 'SessionSetupStatusChanged',
      payload: {
        event: 'SessionSetupStatusChanged',
        sessionId,
        status,
        ...(referenceId !== undefined && { referenceId }),
      },
    });
  }

  private secondsOf(app: string): number {
    return this.flinksPay.app(app).options.pollSeconds;
  }
}
