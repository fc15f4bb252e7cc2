import {
  LONGEST_ID,
  membersOf,
  STANDARD_WEBHOOKS,
  textOf,
  withoutUndefined,
} from '@nest-flock/core/provider';
import type {
  LifecycleChange,
  Members,
  SignatureScheme,
  WebhookDefinition,
  WebhookEvent,
  WebhookOrigin,
} from '@nest-flock/core/provider';
import type { FlintOptions } from './flint.variables.js';

/** `X-Flint-Signature: t=…,v1=…` over `t.body`; the key is the whole secret, `whsec_` included. */
const LEGACY: SignatureScheme = {
  name: 'flint-legacy',
  headers: { signature: 'x-flint-signature' },
  signed: ['timestamp', 'body'],
  key: 'text',
  digest: 'hex',
  separator: ',',
  prefix: 'v1=',
  timestampPrefix: 't=',
};

/**
 * Flint's webhooks: Standard Webhooks, in two envelopes. Partner sources put merchant and mode into
 * `data`, merchants' own endpoints have them at the top.
 */
export const flintWebhooks: WebhookDefinition<FlintOptions> = {
  // A merchant's own endpoint, whose secret the merchant knows.
  tenants: true,
  schemes: ({ legacySignatures }) =>
    legacySignatures ? [STANDARD_WEBHOOKS, LEGACY] : [STANDARD_WEBHOOKS],
  secrets: ({ webhookSecrets }) => webhookSecrets,
  read: readEvent,
  lifecycle: changeOf,
};

function readEvent(payload: Members, { tenant }: WebhookOrigin): WebhookEvent | undefined {
  const type = text(payload.event_type);
  if (type === undefined) return undefined;
  const data = dataOf(payload);
  const occurredAt = Date.parse(text(payload.created_at) ?? '');
  const mode = text(payload.mode) ?? text(data.mode);
  return {
    type,
    ...withoutUndefined({
      id: text(payload.webhook_event_id),
      occurredAt: Number.isNaN(occurredAt) ? undefined : occurredAt,
      environment: mode === 'test' || mode === 'live' ? mode : undefined,
      account: text(data.environment_grant_id),
      install: text(data.partner_app_install_id),
      // A tenant speaks for the merchant of its name, whoever the body names.
      merchant: tenant ?? text(payload.merchant_id) ?? text(data.merchant_id),
    }),
  };
}

/**
 * `partner_app.install.*`: ends an install or one of its grants, or says what is granted now. A
 * status that is not known changes nothing.
 */
function changeOf(event: WebhookEvent, payload: Members): LifecycleChange | undefined {
  const { type, account, install } = event;
  if (!type.startsWith('partner_app.install.')) return undefined;
  // What happens to a grant that cannot be read must not happen to the whole install.
  if (type.startsWith('partner_app.install.environment_grant.') && account === undefined) {
    return undefined;
  }
  const of = withoutUndefined({ account, install });
  const { status, granted_scopes: scopes } = dataOf(payload);
  if (type.endsWith('.revoked') || status === 'revoked') return { kind: 'revoked', ...of };
  const isList = Array.isArray(scopes) && scopes.every((scope) => typeof scope === 'string');
  return isList && status === 'active' ? { kind: 'scopes', scopes, ...of } : undefined;
}

const dataOf = ({ data }: Members): Members => membersOf(data) ?? {};

const text = (value: unknown): string | undefined => textOf(value, LONGEST_ID);
