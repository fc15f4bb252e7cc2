import type { Fault } from './fault.js';

/** The operations a fault can be put on. A shorter name covers the longer ones: `token` means all of `token.*`. */
export const OPERATIONS = [
  'token',
  'token.code',
  'token.refresh',
  'token.other',
  'authorize',
  'preview',
  'api',
  'developer',
  'developer.apps',
  'developer.installs',
  'developer.webhooks',
] as const;

/** One of the above, or `api.` and the name of a provider's resource. */
export type Operation = (typeof OPERATIONS)[number] | `api.${string}`;

/** The request a fault may be played on. */
export interface FaultTarget {
  /** Name of the provider, e.g. `flint`. */
  readonly provider: string;
  readonly operation: Operation;
  readonly method: string;
  /** Without the provider's mount and without the query. */
  readonly path: string;
  readonly client_id?: string;
  readonly merchant_id?: string;
  readonly environment_grant_id?: string;
  /** Whose token it is, where that is no grant: a company, a client, an environment. */
  readonly account?: string;
}

/** A fault, and which requests it is played on. */
export interface FaultRule {
  /** The operation, or a function that picks requests. */
  readonly on: Operation | ((target: FaultTarget) => boolean);
  /** Only this provider; default: any. */
  readonly provider?: string;
  /** Only requests of this grant; default: any. */
  readonly environment_grant_id?: string;
  /** Only requests of this account; default: any. */
  readonly account?: string;
  /** How many matching requests get the fault. Default 1; `Infinity` for all. */
  readonly times?: number;
  /** How many matching requests pass untouched first. Default 0. */
  readonly skip?: number;
  readonly fault: Fault;
}

/** A fault that was put in place. */
export interface FaultHandle {
  /** Its number, for the control routes. */
  readonly id: number;
  /** How many further requests will get it. */
  readonly remaining: number;
  /** How many requests wait at a `hold` now. */
  readonly waiting: number;
  /** Resolves when the first request has met the fault; for `hold`: when it waits, its work done if so told. */
  readonly reached: Promise<void>;
  /** Lets go what waits at a `hold`, and what would come to wait later. */
  release(): void;
  /** Takes the fault away for requests to come; what waits is let go. */
  remove(): void;
}
