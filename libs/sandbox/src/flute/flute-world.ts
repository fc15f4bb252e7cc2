import type { FaultList } from '../faults/fault-list.js';
import type { Records } from '../inspection/records.js';
import type { WebhookSender } from '../webhooks/webhook-sender.js';
import type { FluteData } from './flute-data.js';
import type { FluteEvents } from './flute-events.js';
import type { FluteKeys } from './flute-keys.js';
import type { FluteSettings } from './flute-settings.js';
import type { FluteTokens } from './flute-tokens.js';
import type { FluteWebhook } from './flute-webhook.js';
import type { FluteWebhooks } from './flute-webhooks.js';

/** Everything the routes work on. */
export interface FluteWorld {
  readonly settings: FluteSettings;
  readonly keys: FluteKeys;
  readonly tokens: FluteTokens;
  readonly data: FluteData;
  readonly webhooks: FluteWebhooks;
  readonly events: FluteEvents;
  readonly sender: WebhookSender<FluteWebhook>;
  readonly records: Records;
  readonly faults: FaultList;
}
