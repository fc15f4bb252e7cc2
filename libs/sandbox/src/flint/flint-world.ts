import type { FaultList } from '../faults/fault-list.js';
import type { Records } from '../inspection/records.js';
import type { WebhookSender } from '../webhooks/webhook-sender.js';
import type { FlintDirectory } from './flint-directory.js';
import type { FlintDevelopers } from './flint-developers.js';
import type { FlintEvents } from './flint-events.js';
import type { FlintInstalls } from './flint-installs.js';
import type { FlintSettings } from './flint-settings.js';
import type { FlintTokens } from './flint-tokens.js';
import type { FlintWebhook } from './flint-webhook.js';
import type { FlintWebhooks } from './flint-webhooks.js';

/** Everything the emulated Flint consists of; its routes work on this. */
export interface FlintWorld {
  readonly settings: FlintSettings;
  readonly directory: FlintDirectory;
  readonly installs: FlintInstalls;
  readonly tokens: FlintTokens;
  readonly webhooks: FlintWebhooks;
  readonly events: FlintEvents;
  readonly sender: WebhookSender<FlintWebhook>;
  readonly developers: FlintDevelopers;
  readonly records: Records;
  readonly faults: FaultList;
}
