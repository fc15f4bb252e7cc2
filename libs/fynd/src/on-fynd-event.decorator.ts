import { OnWebhook } from '@nest-flock/core';
import type { OnWebhookOptions } from '@nest-flock/core';

/**
 * The method is called with each event of this type, `category/name/type/v<version>` such as
 * `company/article/update/v1`, or of a pattern such as `company/article/*`.
 */
export const OnFyndEvent = (
  type: `${string}/${string}` | '*' | 'ping',
  options: OnWebhookOptions = {},
) => OnWebhook('fynd', type, options);
