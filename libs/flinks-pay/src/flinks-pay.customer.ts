import { isBaseUrl, isText } from '@nest-flock/core/provider';
import type { Secret } from '@nest-flock/core/provider';

/** A customer of FlinksPay: each is given a base URL and a credential of its own at onboarding. */
export interface FlinksPayCustomer {
  /** What refs call it. */
  readonly account: string;
  /** Such as `https://acme.flinksapp.example`; without `/api`. */
  readonly baseUrl: string;
  readonly username: string;
  /** In code also a function that fetches it. */
  readonly password: Secret;
  /** Of the webhook at `/flinks-pay/webhooks/<account>`, newest first. */
  readonly webhookSecrets?: readonly Secret[];
}

const FIELDS = new Set(['account', 'baseUrl', 'username', 'password', 'webhookSecrets']);

/** Checks a list of customers; `undefined` when any part of it is not usable. */
export function readCustomers(value: unknown): readonly FlinksPayCustomer[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.every(isCustomer) ? value : undefined;
}

function isCustomer(value: unknown): value is FlinksPayCustomer {
  if (typeof value !== 'object' || value === null) return false;
  const { account, baseUrl, username, password, webhookSecrets } = value as Record<string, unknown>;
  return (
    Object.keys(value).every((name) => FIELDS.has(name)) &&
    isText(account, 190) &&
    isText(username, 2_000) &&
    (typeof password === 'function' || isText(password, 2_000)) &&
    isText(baseUrl, 400) &&
    isBaseUrl(baseUrl) &&
    areSecrets(webhookSecrets)
  );
}

const areSecrets = (value: unknown): boolean =>
  value === undefined ||
  (Array.isArray(value) &&
    value.every((secret) => typeof secret === 'function' || isText(secret, 2_000)));
