import type { Connection } from '../../provider/connection.js';
import type { ContractCapabilities } from './contract-subject.js';
import type { ContractWorld } from './contract-world.js';

/** Who plays in the rows of one subject. */
export interface ContractCast {
  readonly world: ContractWorld;
  readonly one: Connection;
  /** Another account of the same app. */
  readonly other: Connection;
  /** The account of `one` in another app, which has credentials of its own. */
  readonly second: Connection;
}

/** What a part of the contract declares its rows with. */
export interface ContractPart {
  readonly capabilities: ContractCapabilities;
  readonly it: (name: string, body: (cast: ContractCast) => Promise<void>) => void;
}

/** Connections whose tokens are renewed with a refresh token. */
export const hasRefreshTokens = ({ needsPerson, refreshes }: ContractCapabilities): boolean =>
  needsPerson || refreshes;
