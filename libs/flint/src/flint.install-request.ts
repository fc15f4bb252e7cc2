import { InstallLink, withoutUndefined } from '@nest-flock/core/provider';
import type { InstallRequest } from '@nest-flock/core/provider';
import type { FlintOptions } from './flint.variables.js';

/**
 * The query of the install route: `mode` (`test` or `live`; omitted: the first permitted one),
 * `permission_ids` (omitted: the app's defaults), `environment_id` (omitted: the merchant's default).
 */
export function readInstallRequest(
  query: URLSearchParams,
  { modes, permissionIds, environmentIds }: FlintOptions,
): InstallRequest {
  const link = new InstallLink(query, ['mode', 'permission_ids', 'environment_id']);
  const mode = link.choice('mode', modes);
  return {
    environment: mode,
    parameters: {
      mode,
      ...withoutUndefined({
        permission_ids: link.ids('permission_ids', 'permission ids', permissionIds)?.join(','),
        environment_id: link.id('environment_id', 'an id of a Flint environment', environmentIds),
      }),
    },
  };
}
