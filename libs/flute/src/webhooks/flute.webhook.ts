import type { HiddenSecret } from '@nest-flock/core';
import { anyTextOf, identifierOf, textOf, textsOf } from '@nest-flock/core/provider';
import { fieldOf } from '../flute.fields.js';

/** A webhook endpoint of one account. */
export interface FluteWebhook {
  readonly endpointId: string;
  readonly name: string;
  readonly url: string;
  /** An open set: `Active` and `Inactive` are known. */
  readonly status: string;
  readonly eventTypes: readonly string[];
}

/** An endpoint that was just created. */
export interface FluteCreatedWebhook extends FluteWebhook {
  /** Shown this once. Absent where Flute answered without it. */
  readonly secret?: HiddenSecret;
  /** It is kept sealed, and deliveries to the tenant's route are verified with it. */
  readonly stored: boolean;
  /** The last part of the route that deliveries must come to, `webhooks/<tenant>`. */
  readonly tenant: string;
}

/** How an endpoint answered a ping. */
export interface FlutePing {
  /** Absent where Flute does not say. */
  readonly success?: boolean;
  /** HTTP status of the receiver. */
  readonly statusCode?: number;
  readonly durationMs?: number;
}

/** Reads an endpoint in the names of before and after the renaming; `undefined` without an id. */
export function readWebhook(value: unknown): FluteWebhook | undefined {
  const endpointId = identifierOf(first(value, ['endpointId', 'id']));
  if (endpointId === undefined) return undefined;
  return {
    endpointId,
    name: anyTextOf(first(value, ['webhookName', 'endpointName', 'name'])),
    url: anyTextOf(first(value, ['endpointUrl', 'url'])),
    status: anyTextOf(first(value, ['endpointStatus', 'status'])),
    eventTypes: textsOf(fieldOf(value, 'eventTypes')),
  };
}

/** The secret of a new endpoint, in either name. */
export function secretOf(value: unknown): string | undefined {
  return textOf(first(value, ['hmacSecret', 'secret']));
}

export function readPing(value: unknown): FlutePing {
  const success = fieldOf(value, 'success');
  const statusCode = fieldOf(value, 'statusCode');
  const durationMs = fieldOf(value, 'durationMs');
  return {
    ...(typeof success === 'boolean' && { success }),
    ...(typeof statusCode === 'number' && { statusCode }),
    ...(typeof durationMs === 'number' && { durationMs }),
  };
}

const first = (value: unknown, names: readonly string[]): unknown =>
  names.map((name) => fieldOf(value, name)).find((found) => found !== undefined);
