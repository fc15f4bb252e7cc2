import type { Connection } from '@nest-flock/core';
import { urlPath } from '@nest-flock/core/provider';
import type { Withdrawal } from '@nest-flock/core/provider';
import type { FlintOptions } from './flint.variables.js';

/** The revocation route of the install guide, for the grant alone: others of the install live on. */
export function flintWithdrawal(
  { install, account }: Connection,
  { developerKey, partnerAppId }: FlintOptions,
): Withdrawal | undefined {
  if (developerKey === undefined || partnerAppId === undefined || install === undefined) {
    return undefined;
  }
  return {
    path: urlPath`/v1/developer/partner/apps/${partnerAppId}/installs/${install}/environment-grants/${account}/revoke`,
    credential: developerKey,
  };
}
