import { parseObject } from '../foundation/http/parse-object.js';
import type { Members } from '../foundation/http/parse-object.js';
import type { DeliverySource } from './delivery.js';

export type DeliveryStatus = 'pending' | 'done' | 'dead';

/** How far one handler is with one delivery. */
export interface HandlerState {
  readonly state: 'pending' | 'done' | 'failed' | 'dead';
  /** A class of errors or one of our codes: messages may hold what nobody may read. */
  readonly error?: string;
  readonly failures?: number;
}

/** What ends a connection goes before everything else that is due. */
export const PRIORITY = { first: 0, usual: 1 } as const;

export type HandlerStates = Readonly<Record<string, HandlerState>>;

/** A row of `flock_delivery`, numbers made numbers. */
export interface DeliveryRow {
  readonly id: string;
  readonly source: DeliverySource;
  readonly provider: string;
  readonly app: string;
  readonly tenant: string | null;
  readonly event_id: string;
  readonly type: string;
  readonly connection_id: string | null;
  readonly occurred_at: number | null;
  readonly received_at: number;
  readonly body: Buffer;
  readonly event: Buffer | null;
  readonly status: DeliveryStatus;
  readonly handlers: HandlerStates;
  readonly attempts: number;
  readonly runs: number;
  readonly priority: number;
  readonly due_at: number | null;
  readonly claim_id: string | null;
  readonly finished_at: number | null;
  /** The database's clock when it answered. */
  readonly db_now: number;
}

export const DELIVERY_COLUMNS = [
  'id',
  'source',
  'provider',
  'app',
  'tenant',
  'event_id',
  'type',
  'connection_id',
  'occurred_at',
  'received_at',
  'body',
  'event',
  'status',
  'handlers',
  'attempts',
  'runs',
  'priority',
  'due_at',
  'claim_id',
  'finished_at',
] as const;

const NUMBERS = [
  'occurred_at',
  'received_at',
  'attempts',
  'runs',
  'priority',
  'due_at',
  'finished_at',
  'db_now',
] as const;

const COUNTS = ['attempts', 'runs'] as const;

export function readDeliveryRow(raw: Record<string, unknown>): DeliveryRow {
  const row: Record<string, unknown> = { ...raw };
  for (const column of NUMBERS) {
    if (row[column] !== null && row[column] !== undefined) row[column] = Number(row[column]);
  }
  // Of a row that somebody has edited: an end that cannot be recorded would be tried for ever.
  for (const column of COUNTS) row[column] = Math.max(0, Number(row[column]) || 0);
  row.handlers = readStates(raw.handlers);
  return row as unknown as DeliveryRow;
}

/** Of a row that somebody has edited the handlers begin anew. */
function readStates(text: unknown): HandlerStates {
  const states = typeof text === 'string' ? parseObject(text) : undefined;
  return states !== undefined && areStates(states) ? states : {};
}

const STATES = new Set<unknown>(['pending', 'done', 'failed', 'dead']);

const areStates = (members: Members): members is HandlerStates =>
  Object.values(members).every((one) => STATES.has((one as HandlerState | null)?.state));
