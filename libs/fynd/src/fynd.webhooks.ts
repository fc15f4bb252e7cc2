import { membersOf } from '@nest-flock/core/provider';
import type {
  Members,
  SignatureScheme,
  WebhookDefinition,
  WebhookEvent,
  WebhookHint,
} from '@nest-flock/core/provider';
import { isCompanyId } from './fynd.account.js';
import type { FyndOptions } from './fynd.variables.js';

/** Hex HMAC of the raw body by the API secret; neither id nor time is signed. */
const FYND: SignatureScheme = {
  name: 'fynd',
  headers: { signature: 'x-fp-signature', id: 'x-fp-event-id' },
  signed: ['body'],
  key: 'text',
  digest: 'hex',
};

/** Fynd's events, and the two posts that the extension library does not verify. */
export const fyndWebhooks: WebhookDefinition<FyndOptions> = {
  schemes: () => [FYND],
  secrets: ({ clientSecret }) => [clientSecret],
  read: readEvent,
  hints: [
    { path: 'uninstall', answer: { success: true }, read: readUninstall },
    { path: 'auto_install', answer: { message: 'success' }, read: readAutoInstall },
  ],
};

/** The type is `category/name/type/v<version>`, as the extension library names handlers. */
function readEvent(payload: Members): WebhookEvent | undefined {
  const event = membersOf(payload.event) ?? {};
  const company = companyOf(payload.company_id);
  const parts = [event.category, event.name, event.type].filter(
    (part): part is string => typeof part === 'string' && part !== '',
  );
  const type = parts.length === 3 ? `${parts.join('/')}/v${versionOf(event.version)}` : parts[0];
  if (type === undefined) return undefined;
  const occurredAt = timeOf(event.created_timestamp);
  return {
    type,
    environment: 'default',
    ...(occurredAt !== undefined && { occurredAt }),
    ...(company !== undefined && { account: company, merchant: company }),
  };
}

function readUninstall(body: Members, { clientId }: FyndOptions): WebhookHint | undefined {
  const merchant = companyOf(body.company_id);
  // An auto-install's body is signed alike, and means the opposite.
  if (body.code !== undefined) return undefined;
  return body.client_id === clientId && merchant !== undefined
    ? { kind: 'uninstalled', merchant }
    : undefined;
}

/** The code is shown to Fynd for this very company. Without offline access there is nothing to keep. */
function readAutoInstall(body: Members, options: FyndOptions): WebhookHint | undefined {
  const account = companyOf(body.company_id);
  const { code, client_id: clientId } = body;
  const ours = clientId === undefined || clientId === options.clientId;
  if (!ours || account === undefined || !options.accessModes.includes('offline')) return undefined;
  if (typeof code !== 'string' || !/^[\x21-\x7e]{1,2000}$/.test(code)) return undefined;
  return {
    kind: 'installed',
    code,
    grant: 'offline',
    request: {
      environment: 'default',
      account,
      parameters: { access_mode: 'offline', scope: options.scopes.join(',') },
    },
  };
}

/** A whole number, sent as one or as text. */
function companyOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && isCompanyId(text) ? text : undefined;
}

const versionOf = (version: unknown): string =>
  typeof version === 'string' || typeof version === 'number'
    ? String(version).replace(/^v/, '')
    : '1';

/** The unit is not documented: what would be before 2001 in milliseconds is seconds. */
function timeOf(value: unknown): number | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) return undefined;
  return value < 1e12 ? value * 1_000 : value;
}
