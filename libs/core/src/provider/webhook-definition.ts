import type { Secret } from '../foundation/configuration/variable.js';
import type { InstallRequest } from './install-definition.js';
import type { SignatureScheme } from './signature-scheme.js';

/** What an event says of itself; every field an identifier, read from an authentic body. */
export interface WebhookEvent {
  /** An open set; matched by handlers. */
  readonly type: string;
  /** The provider's id of the event, where it stands in the body; a signed header wins. */
  readonly id?: string;
  /** By the provider's clock, epoch milliseconds. */
  readonly occurredAt?: number;
  readonly environment?: string;
  readonly account?: string;
  readonly merchant?: string;
  readonly install?: string;
}

/** What an event changes about connections. */
export interface LifecycleChange {
  /** `scopes`: what is granted is different now. */
  readonly kind: 'revoked' | 'scopes';
  /** One connection. */
  readonly account?: string;
  /** All connections of an install. */
  readonly install?: string;
  readonly scopes?: readonly string[];
}

/** What an unsigned post claims. It orders nothing: the provider itself is asked. */
export type WebhookHint =
  | { readonly kind: 'uninstalled'; readonly merchant: string }
  | {
      readonly kind: 'installed';
      readonly request: InstallRequest & { readonly account: string };
      /** Name of the token set that the code buys. */
      readonly grant: string;
      readonly code: string;
    };

/** A route whose posts the provider does not sign, or not always. */
export interface HintRoute<O> {
  /** Below the base of the app's routes. */
  readonly path: string;
  /** The one answer there is, whatever was posted. */
  readonly answer: Readonly<Record<string, unknown>>;
  /** `undefined`: not about us. */
  read(body: Readonly<Record<string, unknown>>, options: O): WebhookHint | undefined;
}

/** By which route an event came. */
export interface WebhookOrigin<O = unknown> {
  readonly options: O;
  /** Absent on the app's own route. */
  readonly tenant?: string;
}

/** How a provider tells of events. */
export interface WebhookDefinition<O> {
  /** The route below the base of the app's routes; default `webhooks`. */
  readonly path?: string;
  /**
   * Tenants have routes of their own, `webhooks/<tenant>`, with secrets of their own. What they sign
   * speaks of that tenant alone: `read` gets its name and must bind the event to it, and it never
   * counts as a lifecycle event. Default `false`: there are no such routes.
   */
  readonly tenants?: boolean;
  /** In order of preference; the first whose header is there is the one that counts. */
  schemes(options: O): readonly SignatureScheme[];
  /** Those of the app's own route from the configuration, newest first; the store may have further ones. */
  secrets(options: O): readonly Secret[];
  /** The same of a tenant's route, where no other secret is accepted; default none. */
  tenantSecrets?(options: O, tenant: string): readonly Secret[];
  /** `undefined` fields are looked for nowhere else; an unknown shape keeps the type `unknown`. */
  read(
    payload: Readonly<Record<string, unknown>>,
    origin: WebhookOrigin<O>,
  ): WebhookEvent | undefined;
  /** What the library itself does about an event; default nothing. */
  lifecycle?(
    event: WebhookEvent,
    payload: Readonly<Record<string, unknown>>,
  ): LifecycleChange | undefined;
  readonly hints?: readonly HintRoute<O>[];
}
