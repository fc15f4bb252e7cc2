/** A result that the store refused. `data` fits JSON and holds secrets only sealed. */
export interface RescueRecord {
  readonly kind: 'tokens' | 'install';
  readonly attemptId: string;
  readonly provider: string;
  readonly app: string;
  /** Known for renewals; an install may find its connection only when it is stored. */
  readonly connectionId?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Stores one kind of record. `obsolete`: the store has moved on and wants it no more. */
export type RescueReplayer = (record: RescueRecord) => Promise<'stored' | 'obsolete'>;
