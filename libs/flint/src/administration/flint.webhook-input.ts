import { checkReceiverUrl, invalidField } from '@nest-flock/core/provider';
import { checkId } from './answer.js';

/** Where events go, and which (install guide, step 7). */
export interface FlintWebhookInput {
  /** https; plain http only for this machine, outside of production. */
  readonly url: string;
  /** `app`: installs and their ends. `installed_merchants`: events of the merchants who installed. */
  readonly sourceType: 'app' | 'installed_merchants';
  /** Needed for `installed_merchants`; for `app` the default is all lifecycle events. */
  readonly eventTypes?: readonly string[];
  /** Needed for `installed_merchants`; lifecycle events are of `both`. */
  readonly mode?: 'test' | 'live' | 'both';
  /** Default `true`. */
  readonly enabled?: boolean;
  /** Of which app; default the one of the configuration. */
  readonly appId?: string;
  /** Keeps the secret, sealed, for the verification of deliveries. Default `true`. */
  readonly store?: boolean;
  /**
   * Keeps it for the route `webhooks/<tenant>` alone, so that each of several endpoints has a secret
   * of its own. Default: with the app's, which are all tried.
   */
  readonly tenant?: string;
  /**
   * Seconds for which the secrets that are kept at the same place are still accepted. Default
   * 86,400; for good where the app may have other endpoints (newer contract, no `tenant`).
   */
  readonly overlapSeconds?: number;
}

const EVENT = /^[A-Za-z0-9_.-]{1,128}$/;
/** Events of the app itself. */
const LIFECYCLE = 'partner_app.';

/**
 * The rules of the guide, before anything is sent.
 * @throws FlockError `invalid_request` that names the field
 */
export function checkWebhook(input: FlintWebhookInput): void {
  checkReceiverUrl(input.url);
  const { sourceType, mode, enabled, store } = input;
  if (sourceType !== 'app' && sourceType !== 'installed_merchants') {
    throw invalidField('sourceType', 'app or installed_merchants');
  }
  checkEvents(input);
  if (sourceType === 'app' ? mode !== undefined && mode !== 'both' : !isMode(mode)) {
    throw invalidField(
      'mode',
      sourceType === 'app'
        ? 'both, or none: lifecycle events are of no mode'
        : 'test, live or both, which installed_merchants needs',
    );
  }
  for (const [field, value] of Object.entries({ enabled, store })) {
    if (value !== undefined && typeof value !== 'boolean')
      throw invalidField(field, 'true or false');
  }
  checkKeeping(input);
}

/** How a secret is kept; before the provider shows it, because it is shown once. */
export function checkKeeping({
  tenant,
  overlapSeconds,
}: Pick<FlintWebhookInput, 'tenant' | 'overlapSeconds'>): void {
  if (tenant !== undefined) checkId(tenant, 'tenant');
  if (overlapSeconds === undefined) return;
  if (!(Number.isInteger(overlapSeconds) && overlapSeconds >= 0)) {
    throw invalidField('overlapSeconds', 'whole seconds from 0');
  }
}

function checkEvents({ sourceType, eventTypes }: FlintWebhookInput): void {
  if (eventTypes === undefined && sourceType === 'app') return;
  if (
    !Array.isArray(eventTypes) ||
    !eventTypes.every((one) => typeof one === 'string' && EVENT.test(one))
  ) {
    throw invalidField('eventTypes', 'a list of event types');
  }
  if (sourceType === 'app') {
    if (eventTypes.every((one: string) => one.startsWith(LIFECYCLE))) return;
    throw invalidField('eventTypes', `${LIFECYCLE}… alone; other events need installed_merchants`);
  }
  if (eventTypes.length === 0) {
    throw invalidField('eventTypes', 'at least one event type, which installed_merchants needs');
  }
  if (eventTypes.some((one: string) => one.startsWith(LIFECYCLE))) {
    throw invalidField('eventTypes', `none of ${LIFECYCLE}…, which need sourceType app`);
  }
}

const isMode = (mode: unknown): boolean => mode === 'test' || mode === 'live' || mode === 'both';
