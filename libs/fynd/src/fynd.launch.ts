import { FlockError } from '@nest-flock/core';
import type { InstallRequest } from '@nest-flock/core/provider';
import { isCompanyId } from './fynd.account.js';
import type { FyndOptions } from './fynd.variables.js';

/**
 * The query with which the panel opens the extension: `company_id`, `client_id`, `cluster_url`
 * (authorization guide, step 2). What else the panel may add is not read.
 */
export function readLaunch(query: URLSearchParams, options: FyndOptions): InstallRequest {
  const companyId = query.get('company_id');
  if (!isCompanyId(companyId)) throw invalid('company_id', 'expected the number of a company');
  if (query.get('client_id') !== options.clientId) {
    throw invalid('client_id', 'expected the API key of this extension');
  }
  const cluster = query.get('cluster_url');
  if (cluster !== null && !isKnownCluster(cluster, options)) {
    throw invalid('cluster_url', 'expected one of the clusters that this extension is set up for');
  }
  return {
    environment: 'default',
    account: companyId,
    parameters: {
      access_mode: options.accessModes.includes('online') ? 'online' : 'offline',
      scope: options.scopes.join(','),
    },
  };
}

/** Only compared: the API and the secret go to the configured base URL, whatever a link says. */
function isKnownCluster(cluster: string, { clusterUrls, baseUrl }: FyndOptions): boolean {
  const wanted = hostOf(cluster);
  return wanted !== undefined && (clusterUrls ?? [baseUrl]).some((url) => hostOf(url) === wanted);
}

/** A cluster is named as a URL or as a bare host. */
function hostOf(text: string): string | undefined {
  const url = /^https?:\/\//.test(text) ? text : `https://${text}`;
  if (!URL.canParse(url)) return undefined;
  const { host, username, password, pathname } = new URL(url);
  return username === '' && password === '' && pathname === '/' ? host : undefined;
}

/** Never repeats the value: it comes from whoever made the link. */
const invalid = (name: string, expected: string): FlockError =>
  new FlockError(
    'install_invalid_request',
    `The parameter "${name}" of this launch is not usable: ${expected}. Open the extension from the Fynd panel.`,
  );
