import type { WebhookEvent } from '../webhooks/webhook-event.js';
import type { FlinksPaySession } from './flinks-pay-session.js';

/** Only these are told (session-status guide); `Cancelled` is the other product's spelling. */
const TOLD: Readonly<Record<string, string>> = {
  Completed: 'Completed',
  Failed: 'Failed',
  Canceled: 'Canceled',
  Cancelled: 'Canceled',
};

/**
 * What is posted of a session's status, if anything. Documented are the event's name, the three
 * statuses, `sessionId` to tell repeats by and a signed `when`; that `referenceId` is there, and how
 * `when` is written, is ours.
 */
export function sessionWebhook(session: FlinksPaySession): WebhookEvent | undefined {
  const { sessionId, referenceId } = session;
  const status = Object.hasOwn(TOLD, session.status) ? TOLD[session.status] : undefined;
  if (status === undefined) return undefined;
  const event = 'SessionSetupStatusChanged';
  const when = new Date().toISOString();
  return { type: event, body: { event, sessionId, status, referenceId, when } };
}
