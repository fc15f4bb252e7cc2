import type { FlintInstall, GrantState } from './flint-install.js';
import type { FlintLifecycleEvent } from './flint-webhook.js';

/** Something happened to an install, or to one of its grants. */
export interface InstallChange {
  readonly type: FlintLifecycleEvent;
  readonly install: FlintInstall;
  /** For the events of a grant. */
  readonly grant?: GrantState;
}

/** What an install's webhook says (partner events of the contract). */
export function changeData({ install, grant }: InstallChange): Record<string, unknown> {
  const { merchant_id, partner_app_id, partner_app_install_id } = install;
  const ids = { merchant_id, partner_app_id, partner_app_install_id };
  if (!grant) {
    return { ...ids, status: install.status, granted_scopes: [...install.granted_scopes] };
  }
  const { environment_grant_id, environment_id, mode, status, granted_scopes } = grant.view;
  return {
    ...ids,
    environment_grant_id,
    environment_id,
    mode,
    status,
    granted_scopes: [...granted_scopes],
  };
}
