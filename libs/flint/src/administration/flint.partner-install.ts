import { anyTextOf, membersOf, pathIdOf, textsOf } from '@nest-flock/core/provider';
import { withoutSecrets } from './answer.js';

/** An install's right to act in one of the merchant's environments. */
export interface FlintEnvironmentGrant {
  /** The account of the connection. */
  readonly environmentGrantId: string;
  readonly environmentId?: string;
  /** `test` or `live`. */
  readonly mode: string;
  /** An open set: `pending_exchange`, `active`, `revoked` are known. */
  readonly status: string;
  readonly grantedScopes: readonly string[];
  readonly data: Readonly<Record<string, unknown>>;
}

/** A merchant's install of a partner app. */
export interface FlintPartnerInstall {
  readonly partnerAppInstallId: string;
  readonly merchantId: string;
  /** An open set: `active`, `pending_consent`, `revoked`, `errored` and others are known. */
  readonly status: string;
  readonly grantedScopes: readonly string[];
  readonly environmentGrants: readonly FlintEnvironmentGrant[];
  /** The whole of it, by Flint's own field names. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** `undefined` when the install or one of its grants has no id. */
export function readPartnerInstall(value: unknown): FlintPartnerInstall | undefined {
  const install = membersOf(value);
  const partnerAppInstallId = pathIdOf(install?.partner_app_install_id);
  const merchantId = pathIdOf(install?.merchant_id);
  if (install === undefined || partnerAppInstallId === undefined || merchantId === undefined) {
    return undefined;
  }
  const listed = install.environment_grants ?? [];
  if (!Array.isArray(listed)) return undefined;
  const environmentGrants = listed.map(readGrant);
  // A grant that was overlooked would look like one that has ended.
  if (!environmentGrants.every((grant) => grant !== undefined)) return undefined;
  return {
    partnerAppInstallId,
    merchantId,
    status: anyTextOf(install.status),
    grantedScopes: textsOf(install.granted_scopes),
    environmentGrants,
    data: withoutSecrets(install),
  };
}

function readGrant(value: unknown): FlintEnvironmentGrant | undefined {
  const grant = membersOf(value);
  const environmentGrantId = pathIdOf(grant?.environment_grant_id);
  if (grant === undefined || environmentGrantId === undefined) return undefined;
  const environmentId = pathIdOf(grant.environment_id);
  return {
    environmentGrantId,
    ...(environmentId !== undefined && { environmentId }),
    mode: anyTextOf(grant.mode),
    status: anyTextOf(grant.status),
    grantedScopes: textsOf(grant.granted_scopes),
    data: withoutSecrets(grant),
  };
}
