import type { WebhookDelivery } from '@nest-flock/sandbox';

/** What became of an event, as the page shows it. */
export interface SentView {
  readonly event: string;
  readonly webhooks: string;
}

/** How this host answered, or why it was not asked. */
export function sentView(event: string, sent: readonly WebhookDelivery[]): SentView {
  const webhooks = sent.map(({ status, reason, attempts }) => {
    const last = attempts.at(-1);
    const answer = reason ?? last?.error ?? (last?.status && `answered ${last.status}`);
    return [status, answer].filter(Boolean).join(', ');
  });
  return { event, webhooks: webhooks.join('; ') || 'none: there is no webhook to send it to' };
}
