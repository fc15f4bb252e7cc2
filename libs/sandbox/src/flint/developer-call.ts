import type { Answer } from '../server/answer.js';
import type { Exchange } from '../server/exchange.js';
import { errorAnswer } from './envelope.js';
import type { FlintApp } from './flint-app.js';
import type { FlintWorld } from './flint-world.js';
import type { Done } from './idempotent-writes.js';

/** One call of a developer route, by someone who may make it. */
export interface DeveloperCall {
  readonly world: FlintWorld;
  readonly exchange: Exchange;
  /** The ids in the path, in order. */
  readonly ids: readonly string[];
  readonly body: Readonly<Record<string, unknown>>;
}

interface DeveloperRoutePlace {
  readonly method: string;
  readonly path: RegExp;
  readonly operation: 'developer.apps' | 'developer.installs' | 'developer.webhooks';
  /** Which of the newer scopes opens it. */
  readonly area: 'apps' | 'webhooks';
}

/** What a route does: it answers without a change, or makes one, once for each `Idempotency-Key`. */
export type DeveloperWork =
  | { readonly read: (call: DeveloperCall) => Answer; readonly write?: undefined }
  | { readonly write: (call: DeveloperCall) => Done | Answer; readonly read?: undefined };

/** One developer route. What it throws as an `InputError` is answered 400. */
export type DeveloperRoute = DeveloperRoutePlace & DeveloperWork;

/** A 404. */
export function notFound({ exchange }: DeveloperCall, code: string): Answer {
  return errorAnswer(exchange.requestId, 404, code, { message: 'There is no such resource.' });
}

/** The app that a path names. */
export function appOf({ world, ids: [id = ''] }: DeveloperCall): FlintApp | undefined {
  return world.directory.appById(id);
}
