import type { FlintMode } from './flint-merchant.js';

/** What the token route answers. */
export interface FlintTokenAnswer {
  readonly access_token: string;
  readonly token_type: 'bearer';
  /** Seconds. */
  readonly expires_in: number;
  readonly refresh_token: string;
  /** Separated by spaces. */
  readonly scope: string;
  readonly merchant_id: string;
  readonly partner_app_id: string;
  readonly partner_app_install_id: string;
  readonly environment_grant_id: string;
  readonly mode: FlintMode;
}
