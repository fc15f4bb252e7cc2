/** `@nest-flock/core/fleet`: for who joins the instances of an app, as `@nest-flock/redis` does. */
export { Fleet } from './foundation/fleet/fleet.js';
export type { FleetLink } from './foundation/fleet/fleet-link.js';
export type {
  DeliveryEnd,
  DeliveryQueue,
  DeliveryWork,
  QueuedDelivery,
} from './foundation/fleet/delivery-queue.js';
export { LocalSendLimits } from './foundation/fleet/local-send-limits.js';
export type { Booking, SendLimits, SendRoom } from './foundation/fleet/send-limits.js';

export { readOptions } from './foundation/configuration/read-options.js';
export type {
  ConfigurationProblem,
  Environment,
  ReadOptions,
} from './foundation/configuration/read-options.js';
