import type { FaultList } from '../faults/fault-list.js';
import type { Records } from '../inspection/records.js';
import type { WebhookSender } from '../webhooks/webhook-sender.js';
import type { FyndCompany } from './fynd-company.js';
import type { FyndEventIds } from './fynd-event-ids.js';
import type { FyndEvents } from './fynd-events.js';
import type { FyndExtension } from './fynd-extension.js';
import type { FyndSettings } from './fynd-settings.js';
import type { FyndSubscribers } from './fynd-subscribers.js';
import type { FyndTokens } from './fynd-tokens.js';
import type { FyndTarget } from './fynd-webhook.js';

/** Everything the emulated Fynd consists of; its routes work on this. */
export interface FyndWorld {
  readonly settings: FyndSettings;
  readonly companies: readonly FyndCompany[];
  /** By API key. */
  readonly extensions: Map<string, FyndExtension>;
  /** What users have consented to: extension, company, user and scopes in one text. */
  readonly consents: Set<string>;
  /** The companies whose panel was last opened with `?mode=breakout`. */
  readonly breakingOut: Set<number>;
  /** The user who approved last, by company: the one who is signed in to the panel. */
  readonly signedIn: Map<number, string>;
  readonly tokens: FyndTokens;
  readonly subscribers: FyndSubscribers;
  readonly eventIds: FyndEventIds;
  readonly events: FyndEvents;
  readonly sender: WebhookSender<FyndTarget>;
  readonly records: Records;
  readonly faults: FaultList;
}

export const companyOf = ({ companies }: FyndWorld, id: string): FyndCompany | undefined =>
  companies.find(({ company_id }) => String(company_id) === id);
