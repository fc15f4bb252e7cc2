import { Injectable, Optional } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { ProviderRegistry, Reconciliation } from '@nest-flock/core/provider';
import type {
  OptionsOf,
  ReconcileSource,
  RegisteredApp,
  RemoteInstall,
} from '@nest-flock/core/provider';
import type { FLINT_VARIABLES } from '../flint.variables.js';
import type { FlintPartnerInstall } from './flint.partner-install.js';
import { FlintPartnerApps } from './flint.partner-apps.js';

/** Flint's largest page. */
const PAGE_SIZE = 100;

/**
 * Fills the gap that one webhook per app leaves: with merchants' events at the endpoint, nobody tells
 * of installs that end (install guide, step 7). Needs `developerKey` and `partnerAppId`.
 */
@Injectable()
export class FlintReconciler implements OnModuleInit {
  constructor(
    // Optional only so that the module can say what is missing, when the core is.
    @Optional() private readonly registry: ProviderRegistry,
    @Optional() private readonly reconciliation: Reconciliation,
    private readonly partnerApps: FlintPartnerApps,
  ) {}

  onModuleInit(): void {
    for (const app of this.registry.list('flint')) {
      const { developerKey, partnerAppId, reconcileSeconds } = app.options as OptionsOf<
        typeof FLINT_VARIABLES
      >;
      if (developerKey === undefined || partnerAppId === undefined || reconcileSeconds === 0) {
        continue;
      }
      this.reconciliation.add(this.sourceOf(app, reconcileSeconds));
    }
  }

  private sourceOf({ provider, name }: RegisteredApp, everySeconds: number): ReconcileSource {
    const partner = this.partnerApps.of(name);
    return {
      provider,
      app: name,
      everySeconds,
      list: async (pageToken) => {
        const { items, nextPageToken } = await partner.listInstalls({
          pageSize: PAGE_SIZE,
          ...(pageToken !== undefined && { pageToken }),
        });
        return {
          installs: items.map(toRemote),
          ...(nextPageToken !== undefined && { next: nextPageToken }),
        };
      },
      read: async (install) => {
        const found = await partner.getInstall(install);
        return found && toRemote(found);
      },
      assertReadable: async () => {
        await partner.getApp();
      },
    };
  }
}

const toRemote = (install: FlintPartnerInstall): RemoteInstall => ({
  install: install.partnerAppInstallId,
  status: install.status,
  grants: install.environmentGrants.map(({ environmentGrantId: account, status }) => ({
    account,
    status,
  })),
});
