import { OnWebhook } from '@nest-flock/core';
import type { OnWebhookOptions } from '@nest-flock/core';
import type { FlintEventType } from './flint.event.js';

/**
 * The method is called with each event of this type, or of a pattern such as `order.*`:
 *
 * ```ts
 * @OnFlintEvent('order.*')
 * paid({ payload, connection }: Delivery<FlintEvent>) {}
 * ```
 */
export const OnFlintEvent = (type: FlintEventType, options: OnWebhookOptions = {}) =>
  OnWebhook('flint', type, options);
