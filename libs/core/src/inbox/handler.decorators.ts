import { SetMetadata } from '@nestjs/common';
import type { Delivery, DeliverySource } from './delivery.js';
import type { ConnectionEvent } from './delivery.store.js';

/** What a decorated method wants to be told. */
export interface HandlerDeclaration {
  readonly source: DeliverySource;
  /** Absent: of every provider. */
  readonly provider?: string;
  readonly app?: string;
  /** A type, or one with `*` for any text. */
  readonly pattern: string;
  /** Under which its state is kept; default `<Class>.<method>`. */
  readonly name?: string;
}

export interface OnWebhookOptions {
  /** Only of this registration; default all of the provider's. */
  readonly app?: string;
  /** Keep it when class or method are renamed: what is not yet handled is looked up by it. */
  readonly name?: string;
}

export const HANDLER = Symbol('nest-flock:handler');

/** Fits methods that take a delivery, whatever its payload, and those that take nothing. */
type Handles = <M extends (delivery: Delivery<never>) => unknown>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<M>,
) => void;

const handles = (declaration: HandlerDeclaration): Handles => SetMetadata(HANDLER, declaration);

/**
 * The method is called with each authentic webhook of the provider whose type matches: `order.paid`,
 * `order.*`, `*`. On any provider of the host app; at least once, see {@link Delivery}.
 */
export const OnWebhook = (
  provider: string,
  pattern = '*',
  options: OnWebhookOptions = {},
): Handles => handles({ source: 'webhook', provider, pattern, ...options });

/**
 * The method is called after the change of a connection was committed: `connected` (also again),
 * `scopes_changed`, `reauthorization_required`, `revoked`, or `*`.
 */
export const OnConnection = (
  event: ConnectionEvent | '*',
  options: OnWebhookOptions & { readonly provider?: string } = {},
): Handles => handles({ source: 'connection', pattern: event, ...options });

/** For provider libraries: work that they have set themselves; see `TaskService`. */
export const OnTask = (provider: string, type: string): Handles =>
  handles({ source: 'task', provider, pattern: type });
