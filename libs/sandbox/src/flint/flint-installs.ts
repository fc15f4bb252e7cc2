import { randomBytes } from 'node:crypto';
import { SandboxError } from '../sandbox-error.js';
import type { FlintApp } from './flint-app.js';
import type { FlintInstall, GrantState } from './flint-install.js';
import type { FlintEnvironment, FlintMerchant, FlintMode } from './flint-merchant.js';
import type { InstallChange } from './install-change.js';

/** Installs and their grants. */
export class FlintInstalls {
  /** Told of every change that Flint has an event for. */
  onChange: (change: InstallChange) => void = () => undefined;
  private readonly installs = new Map<string, FlintInstall>();
  private readonly grants = new Map<string, GrantState>();
  private readonly openInstalls = new Map<string, FlintInstall>();
  private readonly openGrants = new Map<string, GrantState>();
  private readonly run = randomBytes(4).toString('hex');
  private serial = 0;

  /** All installs, oldest first. */
  list(): FlintInstall[] {
    return [...this.installs.values()];
  }

  get count(): number {
    return this.installs.size;
  }

  /** The grant that an approval is about: the open one if it is to be kept, else a new one. */
  prepare(
    app: FlintApp,
    merchant: FlintMerchant,
    environment: FlintEnvironment,
    keep: boolean,
  ): GrantState {
    const install = this.openInstall(app, merchant);
    const key = placeOf(install, environment);
    const open = this.openGrants.get(key);
    if (open && keep) return open;
    const grant = this.newGrant(install, app, merchant, environment);
    if (!open) this.openGrants.set(key, grant);
    return grant;
  }

  /** The merchant's approval takes effect: older tokens of the place die. `false` when the grant was revoked meanwhile. */
  activate(grant: GrantState, scopes: readonly string[]): boolean {
    if (grant.view.status === 'revoked') return false;
    const key = placeOf(grant.install, grant.environment);
    const replaced = this.openGrants.get(key);
    if (replaced && replaced !== grant) this.close(replaced);
    this.openGrants.set(key, grant);
    const at = new Date().toISOString();
    const { install } = grant;
    const before = { ...install };
    const isNew = grant.view.status !== 'active';
    grant.family += 1;
    Object.assign(grant.view, { status: 'active', granted_scopes: scopes, updated_at: at });
    const all = install.environment_grants.filter(({ status }) => status === 'active');
    Object.assign(install, {
      status: 'active',
      granted_scopes: [...new Set(all.flatMap(({ granted_scopes }) => granted_scopes))],
      updated_at: at,
    });
    this.onChange({ type: changeOf(before, install), install });
    if (isNew) {
      this.onChange({ type: 'partner_app.install.environment_grant.created', install, grant });
    }
    return true;
  }

  install(id: string): FlintInstall | undefined {
    return this.installs.get(id);
  }

  /** What a merchant lets an app do in one mode, oldest first. */
  activeGrants(partnerAppId: string, merchantId: string, mode: FlintMode): GrantState[] {
    const install = this.openInstalls.get(`${partnerAppId} ${merchantId}`);
    return (install?.environment_grants ?? [])
      .filter((grant) => grant.mode === mode && grant.status === 'active')
      .map(({ environment_grant_id }) => this.grant(environment_grant_id));
  }

  grant(id: string): GrantState {
    const grant = this.grants.get(id);
    if (!grant) throw new SandboxError(`There is no environment grant ${id}.`);
    return grant;
  }

  revokeGrant(id: string): void {
    this.close(this.grant(id));
  }

  revokeInstall(id: string): void {
    const install = this.installs.get(id);
    if (!install) throw new SandboxError(`There is no install ${id}.`);
    if (install.status === 'revoked') return;
    for (const { environment_grant_id } of install.environment_grants) {
      this.revokeGrant(environment_grant_id);
    }
    install.status = 'revoked';
    install.updated_at = install.revoked_at = new Date().toISOString();
    this.openInstalls.delete(`${install.partner_app_id} ${install.merchant_id}`);
    this.onChange({ type: 'partner_app.install.revoked', install });
  }

  private openInstall(app: FlintApp, merchant: FlintMerchant): FlintInstall {
    const key = `${app.partner_app_id} ${merchant.merchant_id}`;
    const open = this.openInstalls.get(key);
    if (open) return open;
    const at = new Date().toISOString();
    const install: FlintInstall = {
      partner_app_install_id: this.newId('pinst'),
      partner_app_id: app.partner_app_id,
      merchant_id: merchant.merchant_id,
      status: 'pending_exchange',
      granted_scopes: [],
      environment_grants: [],
      created_at: at,
      updated_at: at,
    };
    this.installs.set(install.partner_app_install_id, install);
    this.openInstalls.set(key, install);
    return install;
  }

  private newGrant(
    install: FlintInstall,
    app: FlintApp,
    merchant: FlintMerchant,
    environment: FlintEnvironment,
  ): GrantState {
    const at = new Date().toISOString();
    const grant: GrantState = {
      view: {
        environment_grant_id: this.newId('egrt'),
        environment_id: environment.environment_id,
        mode: environment.mode,
        status: 'pending_exchange',
        granted_scopes: [],
        created_at: at,
        updated_at: at,
      },
      install,
      app,
      merchant,
      environment,
      family: 0,
      expiredThrough: 0,
    };
    install.environment_grants.push(grant.view);
    this.grants.set(grant.view.environment_grant_id, grant);
    return grant;
  }

  private close(grant: GrantState): void {
    if (grant.view.status === 'revoked') return;
    grant.view.status = 'revoked';
    grant.view.updated_at = grant.view.revoked_at = new Date().toISOString();
    const key = placeOf(grant.install, grant.environment);
    if (this.openGrants.get(key) === grant) this.openGrants.delete(key);
    const { install } = grant;
    this.onChange({ type: 'partner_app.install.environment_grant.revoked', install, grant });
  }

  /** Unlike in every other run, so that ids kept by a host never meet new ones. */
  private newId(prefix: string): string {
    this.serial += 1;
    return `${prefix}_${this.run}${this.serial.toString(36).padStart(6, '0')}`;
  }
}

function placeOf(install: FlintInstall, environment: FlintEnvironment): string {
  return `${install.partner_app_install_id} ${environment.environment_id}`;
}

/** Not documented is what counts as `updated`: here, a further consent that leaves the scopes as they are. */
function changeOf(before: FlintInstall, after: FlintInstall): InstallChange['type'] {
  if (before.status !== 'active') return 'partner_app.install.created';
  const same =
    before.granted_scopes.length === after.granted_scopes.length &&
    before.granted_scopes.every((scope) => after.granted_scopes.includes(scope));
  return same ? 'partner_app.install.updated' : 'partner_app.install.permissions_updated';
}
