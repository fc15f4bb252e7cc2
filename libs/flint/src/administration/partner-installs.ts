import { FlockError } from '@nest-flock/core';
import type { ApiResponse } from '@nest-flock/core';
import { checkId, dataOf, unreadable } from './answer.js';
import type { FlintDeveloper } from './developer.js';
import { readPartnerInstall } from './flint.partner-install.js';
import type { FlintPartnerInstall } from './flint.partner-install.js';
import { pageQuery, readPage } from './pages.js';
import type { FlintPage, FlintPageQuery } from './pages.js';
import { APPS, getApp } from './partner-apps.js';

/** Of which app; default the one of the configuration. */
export interface FlintOfApp {
  readonly appId?: string;
}

/** Says nothing about anything else; other codes of a 404 may be about the app. */
const NO_SUCH_INSTALL = 'PARTNER_APP_INSTALL_NOT_FOUND';
/** Flint's codes; what another server answers in its place has none. */
const FLINT_CODE = /^[A-Z][A-Z0-9_]+$/;

export async function listInstalls(
  developer: FlintDeveloper,
  { appId, ...query }: FlintPageQuery & FlintOfApp,
): Promise<FlintPage<FlintPartnerInstall>> {
  const path = `${APPS}/${developer.partnerAppId(appId)}/installs`;
  const response = await developer.client.get(path, { query: pageQuery(query) });
  return readPage(response, 'the list of installs', readPartnerInstall);
}

/**
 * `undefined` only when Flint itself says that there is no such install: a 404 about the app, or one
 * that is not Flint's (a proxy, a wrong base URL), would take live installs for ended ones.
 */
export async function getInstall(
  developer: FlintDeveloper,
  installId: string,
  appId?: string,
): Promise<FlintPartnerInstall | undefined> {
  const path = installPath(developer, installId, appId);
  try {
    return theInstall(await developer.client.get(path), installId);
  } catch (error) {
    const code = codeOf404(error);
    if (code === undefined || !FLINT_CODE.test(code)) throw error;
    if (code !== NO_SUCH_INSTALL) await getApp(developer, appId);
    return undefined;
  }
}

export async function revokeInstall(
  developer: FlintDeveloper,
  installId: string,
  appId?: string,
): Promise<FlintPartnerInstall> {
  return revoke(developer, installPath(developer, installId, appId), installId);
}

export async function revokeEnvironmentGrant(
  developer: FlintDeveloper,
  installId: string,
  grantId: string,
  appId?: string,
): Promise<FlintPartnerInstall> {
  const grant = `environment-grants/${checkId(grantId, 'grantId')}`;
  return revoke(developer, `${installPath(developer, installId, appId)}/${grant}`, installId);
}

/** Ended twice is ended, so a call without an answer may be made again. */
async function revoke(
  { client }: FlintDeveloper,
  path: string,
  installId: string,
): Promise<FlintPartnerInstall> {
  const response = await client.post(`${path}/revoke`, undefined, { repeatable: true });
  return theInstall(response, installId);
}

const installPath = (developer: FlintDeveloper, installId: string, appId?: string): string =>
  `${APPS}/${developer.partnerAppId(appId)}/installs/${checkId(installId, 'installId')}`;

function theInstall(response: ApiResponse<unknown>, installId: string): FlintPartnerInstall {
  const install = readPartnerInstall(dataOf(response));
  if (install?.partnerAppInstallId === installId) return install;
  throw unreadable('an install');
}

const codeOf404 = (error: unknown): string | undefined =>
  error instanceof FlockError && error.providerStatus === 404 ? error.providerCode : undefined;
