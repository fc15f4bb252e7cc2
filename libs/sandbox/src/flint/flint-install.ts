import type { FlintApp } from './flint-app.js';
import type { FlintEnvironment, FlintMerchant, FlintMode } from './flint-merchant.js';

/** What a merchant granted an app in one environment. */
export interface FlintEnvironmentGrant {
  readonly environment_grant_id: string;
  readonly environment_id: string;
  readonly mode: FlintMode;
  status: 'pending_exchange' | 'active' | 'revoked';
  granted_scopes: readonly string[];
  readonly created_at: string;
  updated_at: string;
  revoked_at?: string;
}

/** An app at one merchant. */
export interface FlintInstall {
  readonly partner_app_install_id: string;
  readonly partner_app_id: string;
  readonly merchant_id: string;
  status: 'pending_exchange' | 'active' | 'revoked';
  granted_scopes: readonly string[];
  readonly environment_grants: FlintEnvironmentGrant[];
  readonly created_at: string;
  updated_at: string;
  revoked_at?: string;
}

/** A grant with what only the provider itself knows of it. */
export interface GrantState {
  readonly view: FlintEnvironmentGrant;
  readonly install: FlintInstall;
  readonly app: FlintApp;
  readonly merchant: FlintMerchant;
  readonly environment: FlintEnvironment;
  /** Tokens of an earlier family are dead. */
  family: number;
  /** Access tokens with this serial number or a lower one are answered as expired. */
  expiredThrough: number;
}
