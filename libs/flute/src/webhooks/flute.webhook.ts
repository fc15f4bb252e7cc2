import type { HiddenSecret } from '@nest-flock/core';
import { fieldOf, identifierOf } from '../flute.fields.js';

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
  const eventTypes = fieldOf(value, 'eventTypes');
  return {
    endpointId,
    name: text(first(value, ['webhookName', 'endpointName', 'name'])),
    url: text(first(value, ['endpointUrl', 'url'])),
    status: text(first(value, ['endpointStatus', 'status'])),
    eventTypes: Array.isArray(eventTypes)
      ? eventTypes.filter((one): one is string => typeof one === 'string')
      : [],
  };
}

/** The secret of a new endpoint, in either name. */
export function secretOf(value: unknown): string | undefined {
  const secret = first(value, ['hmacSecret', 'secret']);
  return typeof secret === 'string' && secret !== '' ? secret : undefined;
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

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
