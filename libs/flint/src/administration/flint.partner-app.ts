import type { HiddenSecret } from '@nest-flock/core';
import { anyTextOf, membersOf, pathIdOf, textsOf } from '@nest-flock/core/provider';
import { recordsOf, withoutSecrets } from './answer.js';

/** What a partner app asks merchants for. */
export interface FlintManifestPermission {
  readonly permissionId: string;
  readonly title: string;
  readonly description: string;
  readonly requiredScopes: readonly string[];
  /** The merchant may leave it out; default `false`. */
  readonly optional?: boolean;
}

/** A partner app as Flint keeps it. Types, visibilities and statuses are open sets. */
export interface FlintPartnerApp {
  readonly partnerAppId: string;
  readonly clientId: string;
  readonly name: string;
  readonly appType: string;
  readonly visibility: string;
  readonly status: string;
  readonly redirectUris: readonly string[];
  readonly permissionManifest: readonly FlintManifestPermission[];
  readonly defaultRequestedPermissions: readonly string[];
  readonly allowedScopes: readonly string[];
  readonly apiVersion: string;
  /** The whole of it, by Flint's own field names, without secrets. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** A partner app that was just created. */
export interface FlintCreatedApp extends FlintPartnerApp {
  /**
   * Shown this once. Absent where Flint answered without it, as it may when a call is repeated:
   * make a new one with `rotateSecret`.
   */
  readonly clientSecret?: HiddenSecret;
}

/** A client secret that replaces the one before. */
export interface FlintRotatedSecret {
  readonly partnerAppId: string;
  readonly clientId: string;
  readonly clientSecret: HiddenSecret;
}

/** `undefined` without the ids that everything else is found by. */
export function readPartnerApp(value: unknown): FlintPartnerApp | undefined {
  const app = membersOf(value);
  const partnerAppId = pathIdOf(app?.partner_app_id);
  const clientId = pathIdOf(app?.client_id);
  if (app === undefined || partnerAppId === undefined || clientId === undefined) return undefined;
  return {
    partnerAppId,
    clientId,
    name: anyTextOf(app.name),
    appType: anyTextOf(app.app_type),
    visibility: anyTextOf(app.visibility),
    status: anyTextOf(app.status),
    redirectUris: textsOf(app.redirect_uris),
    permissionManifest: recordsOf(app.permission_manifest).map((entry) => ({
      permissionId: anyTextOf(entry.permission_id),
      title: anyTextOf(entry.title),
      description: anyTextOf(entry.description),
      requiredScopes: textsOf(entry.required_scopes),
      optional: entry.optional === true,
    })),
    defaultRequestedPermissions: textsOf(app.default_requested_permissions),
    allowedScopes: textsOf(app.allowed_scopes),
    apiVersion: anyTextOf(app.api_version),
    data: withoutSecrets(app),
  };
}
