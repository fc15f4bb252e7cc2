import { rowInsert, rowStatement } from '../foundation/database/statement.js';
import { OURS } from '../foundation/deployment/deployment.js';
import { DELIVERY_COLUMNS } from './delivery.row.js';

/** What arrived, under its id: a copy of it finds the row there and changes nothing. */
export const INSERT_DELIVERY = rowInsert<{
  source: string;
  provider: string;
  app: string;
  tenant: string | null;
  event_id: string;
  body_key: string | null;
  type: string;
  connection_id: string | null;
  occurred_at: number | null;
  body: Buffer;
  event: Buffer | null;
  priority: number;
  delay: number;
}>({
  name: 'insert_delivery',
  table: 'flock_delivery',
  computed: {
    received_at: '{now}',
    status: "'pending'",
    due_at: '{now} + :delay',
  },
  parameters: {
    source: 'text',
    provider: 'text',
    app: 'text',
    tenant: 'text',
    event_id: 'text',
    body_key: 'text',
    type: 'text',
    connection_id: 'text',
    occurred_at: 'integer',
    body: 'bytes',
    event: 'bytes',
    priority: 'integer',
    delay: 'integer',
  },
  inputs: ['delay'],
  returning: [],
});

/** One row whose counter has been spoilt must not keep the others from being claimed. */
const counted = (column: string): string =>
  `${column} = CASE WHEN ${column} < 1000000000 THEN ${column} + 1 ELSE ${column} END`;

/** That somebody begins to handle it. */
export const COUNTED = `${counted('attempts')}, ${counted('runs')}`;

/** Takes one delivery if it is due and nobody has it. */
export const CLAIM_DELIVERY = rowStatement<{
  claim: string;
  lease: number;
  deployment: string;
}>({
  name: 'claim_delivery',
  table: 'flock_delivery',
  set: `claim_id = :claim, claim_until = {now} + :lease, ${COUNTED}`,
  where: `
    status = 'pending' AND due_at <= {now} AND (claim_until IS NULL OR claim_until <= {now})
    AND ${OURS}`,
  parameters: { claim: 'text', lease: 'integer', deployment: 'text' },
  returning: [...DELIVERY_COLUMNS, '{now} AS db_now'],
});

const NOBODYS = 'claim_id = NULL, claim_until = NULL';

/** A handler has ended while others still run. */
export const KEEP_PROGRESS = rowStatement<{ claim: string; handlers: string }>({
  name: 'keep_progress',
  table: 'flock_delivery',
  set: 'handlers = :handlers',
  where: 'claim_id = :claim',
  parameters: { claim: 'text', handlers: 'text' },
  returning: [],
});

/** It is tried again after `delay`. */
export const POSTPONE_DELIVERY = rowStatement<{
  claim: string;
  handlers: string;
  attempts: number;
  priority: number;
  delay: number;
}>({
  name: 'postpone_delivery',
  table: 'flock_delivery',
  set: `handlers = :handlers, attempts = :attempts, priority = :priority,
    due_at = {now} + :delay, ${NOBODYS}`,
  where: 'claim_id = :claim',
  parameters: {
    claim: 'text',
    handlers: 'text',
    attempts: 'integer',
    priority: 'integer',
    delay: 'integer',
  },
  returning: [],
});

/** It is done, or a dead letter. */
export const FINISH_DELIVERY = rowStatement<{ claim: string; handlers: string; status: string }>({
  name: 'finish_delivery',
  table: 'flock_delivery',
  set: `handlers = :handlers, status = :status, due_at = NULL, finished_at = {now}, ${NOBODYS}`,
  where: 'claim_id = :claim',
  parameters: { claim: 'text', handlers: 'text', status: 'text' },
  returning: [],
});

/** The claim of a handler that takes its time. */
export const EXTEND_DELIVERY = rowStatement<{ claim: string; lease: number }>({
  name: 'extend_delivery',
  table: 'flock_delivery',
  set: 'claim_until = {now} + :lease',
  where: 'claim_id = :claim',
  parameters: { claim: 'text', lease: 'integer' },
  returning: [],
});
