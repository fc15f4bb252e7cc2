import { appOf, notFound, type DeveloperCall, type DeveloperRoute } from './developer-call.js';
import { successAnswer } from './envelope.js';
import type { FlintInstall } from './flint-install.js';
import type { FlintWorld } from './flint-world.js';
import { pagedAnswer } from './paged-answer.js';

const UNKNOWN = 'PARTNER_APP_INSTALL_NOT_FOUND';

/** Reading and revoking an app's installs. */
export const INSTALL_ROUTES: readonly DeveloperRoute[] = [
  {
    method: 'GET',
    path: /^\/v1\/developer\/partner\/apps\/([^/]+)\/installs$/,
    operation: 'developer.installs',
    area: 'apps',
    read: (call) => {
      const app = appOf(call);
      if (!app) return notFound(call, 'PARTNER_APP_NOT_FOUND');
      return pagedAnswer(call.exchange, listed(call.world, app.partner_app_id));
    },
  },
  {
    method: 'GET',
    path: /^\/v1\/developer\/partner\/apps\/([^/]+)\/installs\/([^/]+)$/,
    operation: 'developer.installs',
    area: 'apps',
    read: (call) => {
      const install = installOf(call);
      return install ? successAnswer(call.exchange.requestId, install) : notFound(call, UNKNOWN);
    },
  },
  {
    method: 'POST',
    path: /^\/v1\/developer\/partner\/apps\/([^/]+)\/installs\/([^/]+)\/revoke$/,
    operation: 'developer.installs',
    area: 'apps',
    write: (call) => {
      const install = installOf(call);
      if (!install) return notFound(call, UNKNOWN);
      call.world.installs.revokeInstall(install.partner_app_install_id);
      return { status: 200, data: install };
    },
  },
  {
    method: 'POST',
    path: /^\/v1\/developer\/partner\/apps\/([^/]+)\/installs\/([^/]+)\/environment-grants\/([^/]+)\/revoke$/,
    operation: 'developer.installs',
    area: 'apps',
    write: (call) => {
      const install = installOf(call);
      if (!install) return notFound(call, UNKNOWN);
      const [, , grantId = ''] = call.ids;
      const has = install.environment_grants.some(
        ({ environment_grant_id }) => environment_grant_id === grantId,
      );
      if (!has) return notFound(call, 'RESOURCE_NOT_FOUND');
      call.world.installs.revokeGrant(grantId);
      return { status: 200, data: install };
    },
  },
];

/** The app's installs, or what the settings leave of them. */
function listed({ installs, settings }: FlintWorld, partnerAppId: string): FlintInstall[] {
  const all = installs.list().filter(({ partner_app_id }) => partner_app_id === partnerAppId);
  switch (settings.installsList) {
    case 'whole':
      return all;
    case 'empty':
      return [];
    case 'half':
      return all.slice(0, all.length >> 1);
  }
}

function installOf(call: DeveloperCall): FlintInstall | undefined {
  const [appId, id = ''] = call.ids;
  const install = call.world.installs.install(id);
  return install?.partner_app_id === appId ? install : undefined;
}
