import { OnWebhook } from '@nest-flock/core';
import type { OnWebhookOptions } from '@nest-flock/core';
import type { FluteEventType } from './flute.event.js';

/** The method is called with each event of this type, or of a pattern such as `transaction.*`. */
export const OnFluteEvent = (type: FluteEventType, options: OnWebhookOptions = {}) =>
  OnWebhook('flute', type, options);
