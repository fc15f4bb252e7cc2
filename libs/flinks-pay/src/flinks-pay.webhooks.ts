import { DEFAULT_ACCOUNT } from '@nest-flock/core/provider';
import type { SignatureScheme, WebhookDefinition, WebhookEvent } from '@nest-flock/core/provider';
import type { FlinksPayOptions } from './flinks-pay.variables.js';

const BODY = { signed: ['body'], key: 'text' } as const;

/** All three that are documented: HMAC-SHA256 of the raw body, under three names in two notations. */
const SCHEMES: readonly SignatureScheme[] = [
  // Guaranteed EFT, client setup: upper-case hex.
  {
    ...BODY,
    name: 'webhook-signature',
    headers: { signature: 'x-webhook-signature' },
    digest: 'hex',
    prefix: 'sha256=',
  },
  // HMAC validation guide.
  {
    ...BODY,
    name: 'flinks-signature',
    headers: { signature: 'x-flinks-signature' },
    digest: 'base64',
  },
  // Reference and help centre.
  {
    ...BODY,
    name: 'authenticity-key',
    headers: { signature: 'flinks-authenticity-key' },
    digest: 'base64',
  },
];

/** Each account has a route of its own, `/flinks-pay/webhooks/<account>`; the default account none. */
export const flinksPayWebhooks: WebhookDefinition<FlinksPayOptions> = {
  tenants: true,
  schemes: () => SCHEMES,
  secrets: ({ webhookSecrets }) => webhookSecrets,
  tenantSecrets: ({ customers }, tenant) =>
    customers.find(({ account }) => account === tenant)?.webhookSecrets ?? [],
  read: (payload, { tenant = DEFAULT_ACCOUNT }) => readEvent(payload, tenant),
};

/**
 * There is no event id and nothing is sent twice: a session enters a status once, so that is the id.
 * What is learnt by asking has the same.
 */
function readEvent(
  payload: Readonly<Record<string, unknown>>,
  account: string,
): WebhookEvent | undefined {
  const { event, sessionId, status, when } = payload;
  const type = typeof event === 'string' ? event : undefined;
  const occurredAt = typeof when === 'string' ? Date.parse(when) : NaN;
  return {
    type: type ?? 'unknown',
    environment: 'default',
    account,
    ...(typeof sessionId === 'string' &&
      typeof status === 'string' && { id: sessionStatusId(sessionId, status) }),
    ...(!Number.isNaN(occurredAt) && { occurredAt }),
  };
}

export const sessionStatusId = (sessionId: string, status: string): string =>
  `${sessionId}/${status}`.slice(0, 190);
