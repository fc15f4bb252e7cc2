import { rowInsert, rowStatement } from '../database/statement.js';

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
    delay: 'integer',
  },
  inputs: ['delay'],
  returning: [],
});

/** A handler's end, or that of an attempt. `due` null finishes; the claim is given back with it. */
export const RECORD_DELIVERY = rowStatement<{
  claim: string;
  handlers: string;
  status: string;
  delay: number | null;
  keep: number;
  attempts: number;
}>({
  name: 'record_delivery',
  table: 'flock_delivery',
  set: `
    handlers = :handlers, status = :status, attempts = :attempts,
    due_at = CASE WHEN :keep = 1 THEN due_at ELSE {now} + :delay END,
    finished_at = CASE WHEN :status = 'pending' THEN NULL ELSE {now} END,
    claim_id = CASE WHEN :keep = 1 THEN claim_id ELSE NULL END,
    claim_until = CASE WHEN :keep = 1 THEN claim_until ELSE NULL END`,
  where: 'claim_id = :claim',
  parameters: {
    claim: 'text',
    handlers: 'text',
    status: 'text',
    delay: 'integer',
    keep: 'integer',
    attempts: 'integer',
  },
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
