/** Of the partner-app guide and the public contract; an open set. */
export type FlintEventType =
  | 'partner_app.install.created'
  | 'partner_app.install.updated'
  | 'partner_app.install.permissions_updated'
  | 'partner_app.install.revoked'
  | 'partner_app.install.environment_grant.created'
  | 'partner_app.install.environment_grant.revoked'
  | 'order.created'
  | 'order.updated'
  | 'order.paid'
  | 'order.payment_succeeded'
  | 'order.closed'
  | 'order.refunded'
  | 'payment_intent.succeeded'
  | 'payment_intent.payment_failed'
  | 'payment_intent.canceled'
  | 'refund.created'
  | 'refund.updated'
  | 'refund.failed'
  | 'customer.created'
  | 'customer.updated'
  | 'order.*'
  | 'payment_intent.*'
  | 'refund.*'
  | 'customer.*'
  | 'partner_app.install.*'
  | '*'
  | (string & {});

/** What `data` of a partner source says beside the resource. */
export interface FlintEventSource {
  readonly source_type?: 'installed_merchants' | (string & {});
  readonly merchant_id?: string;
  readonly mode?: 'test' | 'live';
  readonly partner_app_install_id?: string;
  readonly environment_grant_id?: string;
  readonly environment_id?: string;
}

/** An install or a grant as lifecycle events show it; statuses are an open set. */
export interface FlintInstallEvent extends FlintEventSource {
  readonly status?: 'pending_exchange' | 'active' | 'revoked' | (string & {});
  readonly granted_scopes?: readonly string[];
}

/** An event as Flint sends it. Of a merchant's own endpoint `merchant_id` and `mode` are at the top. */
export interface FlintEvent<D = Readonly<Record<string, unknown>>> {
  readonly webhook_event_id: string;
  readonly event_type: string;
  readonly api_version?: string;
  /** RFC 3339. */
  readonly created_at?: string;
  readonly partner_app_id?: string;
  readonly merchant_id?: string;
  readonly mode?: 'test' | 'live';
  readonly data: D & FlintEventSource;
}
