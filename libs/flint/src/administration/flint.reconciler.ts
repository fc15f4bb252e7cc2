import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import type { ReconcileSource, RemoteInstall } from '@nest-flock/core/provider';
import { FlintHandle } from '../flint.definition.js';
import type { FlintApp } from '../flint.definition.js';
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
    private readonly flint: FlintHandle,
    private readonly partnerApps: FlintPartnerApps,
  ) {}

  onModuleInit(): void {
    for (const app of this.flint.apps()) {
      const { developerKey, partnerAppId, reconcileSeconds } = app.options;
      if (developerKey === undefined || partnerAppId === undefined || reconcileSeconds === 0) {
        continue;
      }
      this.flint.reconciliation.add(this.sourceOf(app, reconcileSeconds));
    }
  }

  private sourceOf({ provider, name }: FlintApp, everySeconds: number): ReconcileSource {
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
