/** A result that the store refused. `data` fits JSON and holds secrets only sealed. */
export interface RescueRecord {
  readonly kind: 'tokens' | 'install';
  readonly attemptId: string;
  readonly provider: string;
  readonly app: string;
  /** Known for renewals; an install may find its connection only when it is stored. */
  readonly connectionId?: string;
  /** Whose result it is: nobody else stores it. Empty: a deployment without an id. */
  readonly deployment?: string;
  /** The store that refused it, by its random id, which its copies share. */
  readonly store?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * `obsolete`: the store has moved on and wants it no more. `ahead`: the store does not know yet what
 * was spent for it, or the connection: it is older than the record, so the record may be all there is.
 */
export type RescueOutcome = 'stored' | 'obsolete' | 'ahead';

/** Stores one kind of record. */
export type RescueReplayer = (record: RescueRecord) => Promise<RescueOutcome>;
