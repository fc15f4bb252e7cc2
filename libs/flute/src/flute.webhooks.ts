import type {
  SignatureScheme,
  WebhookDefinition,
  WebhookEvent,
  WebhookOrigin,
} from '@nest-flock/core/provider';
import { configuredAccounts } from './flute.keys.js';
import type { FluteOptions } from './flute.keys.js';
import { readTenant } from './flute.tenant.js';

/** As Standard Webhooks, but the secret is used as it is (the SDKs' verifiers). */
const FLUTE: SignatureScheme = {
  name: 'flute',
  headers: {
    id: 'flute-webhook-id',
    timestamp: 'flute-webhook-timestamp',
    signature: 'flute-webhook-signature',
  },
  signed: ['id', 'timestamp', 'body'],
  key: 'text',
  digest: 'base64',
  separator: ' ',
  prefix: 'v1,',
};

/** An event names no merchant: whose it is follows from the endpoint, and that from the route. */
export const fluteWebhooks: WebhookDefinition<FluteOptions> = {
  tenants: true,
  schemes: () => [FLUTE],
  secrets: ({ webhookSecrets }) => webhookSecrets,
  read: readEvent,
};

function readEvent(
  payload: Readonly<Record<string, unknown>>,
  { options, tenant }: WebhookOrigin<FluteOptions>,
): WebhookEvent | undefined {
  const { type, id, created } = payload;
  if (typeof type !== 'string') return undefined;
  return {
    type,
    ...(typeof id === 'string' && { id }),
    ...(typeof created === 'number' && { occurredAt: created * 1_000 }),
    ...placeOf(options, tenant),
  };
}

/** The endpoint's own, or the only one that is configured. */
function placeOf(options: FluteOptions, tenant: string | undefined) {
  if (tenant !== undefined) return readTenant(tenant);
  const accounts = configuredAccounts(options);
  const [only] = accounts;
  return only !== undefined && accounts.length === 1
    ? { environment: only.environment, account: only.account }
    : {};
}
