import { randomBytes, randomUUID } from 'node:crypto';

/** One thing a merchant can permit. */
export interface FlintPermission {
  readonly permission_id: string;
  readonly title: string;
  readonly description: string;
  readonly required_scopes: readonly string[];
  /** Whether the merchant may refuse it. Default false. */
  readonly optional?: boolean;
}

/** A registered partner app. */
export interface FlintApp {
  readonly partner_app_id: string;
  name: string;
  readonly client_id: string;
  /** The current secret; `rotateClientSecret()` replaces it. */
  client_secret: string;
  /** A redirect URI must equal one of these to the letter. */
  readonly redirect_uris: string[];
  permission_manifest: readonly FlintPermission[];
  /** What is asked for when an authorize request names no permissions. */
  default_requested_permissions: readonly string[];
  readonly app_type: 'server' | 'plugin';
  visibility: string;
  readonly created_at: string;
  updated_at: string;
}

/** What a further app is registered with. */
export interface FlintAppRegistration {
  /** Shown on the consent page. Default `Another app`. */
  readonly name?: string;
  readonly redirect_uris: readonly string[];
  /** Default: the manifest of the default app. */
  readonly permission_manifest?: readonly FlintPermission[];
  /** Default: every permission that is not optional. */
  readonly default_requested_permissions?: readonly string[];
  /** Default `server`. */
  readonly app_type?: 'server' | 'plugin';
  /** Default `private`. */
  readonly visibility?: string;
}

/** Orders must be permitted; customers and payments may be. */
export const DEFAULT_MANIFEST: readonly FlintPermission[] = [
  {
    permission_id: 'manage_orders',
    title: 'Manage orders',
    description: 'Read and update your orders.',
    required_scopes: ['commerce.orders.read', 'commerce.orders.write'],
  },
  {
    permission_id: 'read_customers',
    title: 'Read customers',
    description: 'Read your customer records.',
    required_scopes: ['customers.customers.read'],
    optional: true,
  },
  {
    permission_id: 'manage_payments',
    title: 'Take payments',
    description: 'Create payment intents and read them.',
    required_scopes: ['payments.payment_intents.read', 'payments.payment_intents.write'],
    optional: true,
  },
];

export const DEFAULT_REDIRECT_URIS: readonly string[] = [
  'http://localhost:3000/flint/oauth/callback',
  'http://127.0.0.1:3000/flint/oauth/callback',
];

/** A new client secret. */
export function newClientSecret(prefix = ''): string {
  return `fps_${prefix}${randomBytes(24).toString('hex')}`;
}

/** A new client id. */
export function newClientId(): string {
  return `fpc_${randomBytes(8).toString('hex')}`;
}

/** A new app from its registration. */
export function makeApp(
  registration: FlintAppRegistration,
  client_id: string,
  client_secret: string,
): FlintApp {
  const manifest = registration.permission_manifest ?? DEFAULT_MANIFEST;
  const at = new Date().toISOString();
  return {
    partner_app_id: `papp_${randomUUID().replaceAll('-', '').slice(0, 16)}`,
    name: registration.name ?? 'Another app',
    client_id,
    client_secret,
    redirect_uris: [...registration.redirect_uris],
    permission_manifest: manifest,
    default_requested_permissions:
      registration.default_requested_permissions ??
      manifest.filter(({ optional }) => !optional).map(({ permission_id }) => permission_id),
    app_type: registration.app_type ?? 'server',
    visibility: registration.visibility ?? 'private',
    created_at: at,
    updated_at: at,
  };
}

/** The scopes behind some permissions, each once, in the order of the manifest. */
export function scopesOf(app: FlintApp, permissionIds: readonly string[]): string[] {
  const granted = app.permission_manifest.filter(({ permission_id }) =>
    permissionIds.includes(permission_id),
  );
  return [...new Set(granted.flatMap(({ required_scopes }) => required_scopes))];
}

/** The permissions asked for together with those that cannot be refused, in the order of the manifest. */
export function withFixedPermissions(app: FlintApp, permissionIds: readonly string[]): string[] {
  return app.permission_manifest
    .filter(({ permission_id, optional }) => !optional || permissionIds.includes(permission_id))
    .map(({ permission_id }) => permission_id);
}
