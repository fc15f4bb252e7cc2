import type { ConnectionRow } from '../../connection/connection.row.js';
import type { RegisteredApp } from '../../provider/registered-app.js';
import type { ClientCredential } from '../../provider/token-call.js';
import type { Circuit } from '../endpoint/circuit.service.js';

/** A claim that this process holds: the row as it was claimed, and when. */
export interface ClaimedRow {
  readonly app: RegisteredApp;
  readonly row: ConnectionRow;
  readonly attemptId: string;
  /** `performance.now()` when the claim was asked for: it is no older than that. */
  readonly askedAt: number;
  /** `performance.now()` when the claim was answered; `row.db_now` is not later. */
  readonly receivedAt: number;
  readonly endpoint: Circuit;
  /** Absent when there is none, or it cannot be opened. */
  readonly client?: ClientCredential;
  readonly credential?: Circuit;
}

/** A claim whose credential is known. */
export type UsableClaim = ClaimedRow & Required<Pick<ClaimedRow, 'client' | 'credential'>>;
