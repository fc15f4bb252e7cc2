import { isDeepStrictEqual } from 'node:util';
import { slugOf } from './fynd.webhook-input.js';
import type { FyndWebhookEvent, FyndWebhookInput } from './fynd.webhook-input.js';
import type { SubscribedEvent, Subscriber } from './subscriber.js';

/** What of a subscriber is other than it should be; empty lists when nothing is. */
export interface SubscriberDifference {
  /** Events by Fynd's name, `category/name/type/v1`. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** The same event with other filters or another reducer. */
  readonly altered: readonly string[];
  readonly settings: readonly FyndWebhookSetting[];
}

export type FyndWebhookSetting =
  'url' | 'notificationEmail' | 'enabled' | 'applicationIds' | 'secret';

export const ALL = 'ALL';
export const SPECIFIC = 'SPECIFIC-EVENTS';

export const statusOf = ({ enabled = true }: FyndWebhookInput): string =>
  enabled ? 'active' : 'inactive';

/** `secret`: the one that the extension verifies with; only whether it differs is told. */
export function differenceOf(
  now: Subscriber | undefined,
  wanted: FyndWebhookInput,
  secret: string,
): SubscriberDifference {
  const before = new Map((now?.events ?? []).map((event) => [event.slug, event]));
  const after = new Map(wanted.events.map((event) => [slugOf(event), event]));
  return {
    added: [...after.keys()].filter((slug) => !before.has(slug)),
    removed: [...before.keys()].filter((slug) => !after.has(slug)),
    altered: [...after].flatMap(([slug, event]) =>
      isAltered(before.get(slug), event) ? [slug] : [],
    ),
    settings: now === undefined ? [] : settingsOf(now, wanted, secret),
  };
}

export const isEmpty = ({ added, removed, altered, settings }: SubscriberDifference): boolean =>
  added.length + removed.length + altered.length + settings.length === 0;

function settingsOf(
  now: Subscriber,
  wanted: FyndWebhookInput,
  secret: string,
): FyndWebhookSetting[] {
  const { url, notificationEmail, applicationIds } = wanted;
  const differs: Record<FyndWebhookSetting, boolean> = {
    url: now.url !== url,
    notificationEmail: now.email !== notificationEmail,
    enabled: now.status !== statusOf(wanted),
    applicationIds:
      applicationIds === undefined
        ? now.criteria !== ALL
        : now.criteria !== SPECIFIC || !sameMembers(now.applicationIds, applicationIds),
    // An answer that keeps the secret to itself says nothing about it.
    secret: now.authType !== 'hmac' || (typeof now.secret === 'string' && now.secret !== secret),
  };
  return (Object.keys(differs) as FyndWebhookSetting[]).filter((setting) => differs[setting]);
}

const sameMembers = (one: readonly unknown[], other: readonly unknown[]): boolean =>
  isDeepStrictEqual(new Set(one), new Set(other));

const isAltered = (now: SubscribedEvent | undefined, wanted: FyndWebhookEvent): boolean =>
  now !== undefined && !(same(now.filters, wanted.filters) && same(now.reducer, wanted.reducer));

/** None, null and an empty one are the same. */
const same = (one: unknown, other: unknown): boolean => isDeepStrictEqual(one ?? {}, other ?? {});
