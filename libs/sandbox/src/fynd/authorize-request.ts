import { Parameters } from '../oauth/parameters.js';
import type { FyndCompany } from './fynd-company.js';
import type { FyndExtension } from './fynd-extension.js';
import { companyOf, type FyndWorld } from './fynd-world.js';

/** What an extension asks a company for. */
export interface FyndAuthorizeRequest {
  readonly extension: FyndExtension;
  readonly company: FyndCompany;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly state: string;
}

/** Reads the query of the authorize page; a text says what is wrong with it. */
export function readAuthorizeRequest(
  world: FyndWorld,
  companyId: string,
  query: string,
): FyndAuthorizeRequest | string {
  const parameters = new Parameters(query);
  const wrong = (rule: string, text: string): string => {
    world.records.violate(rule, text);
    return text;
  };
  if (parameters.repeated.length > 0) {
    return wrong('duplicate_parameter', `Sent more than once: ${parameters.repeated.join(', ')}.`);
  }
  const company = companyOf(world, companyId);
  if (!company) return wrong('unknown_company', `There is no company ${companyId.slice(0, 40)}.`);
  const extension = world.extensions.get(parameters.get('client_id') ?? '');
  if (!extension) return wrong('unknown_client', 'client_id is not of a registered extension.');
  if (parameters.get('response_type') !== 'code') {
    return wrong('response_type', 'response_type must be code.');
  }
  const mode = parameters.get('access_mode') ?? 'offline';
  if (mode !== 'online' && mode !== 'offline') {
    return wrong('access_mode', 'access_mode must be online or offline.');
  }
  const state = parameters.get('state');
  if (state === undefined) return wrong('missing_field', 'state is missing.');
  const redirectUri = parameters.get('redirect_uri') ?? '';
  // The official libraries hang an application_id on it.
  const plain = redirectUri.split('?')[0] ?? '';
  if (!extension.redirect_uris.includes(plain)) {
    return wrong('redirect_uri', 'redirect_uri is not registered with the extension.');
  }
  const scopes = (parameters.get('scope') ?? '').split(',').filter(Boolean);
  const unknown = scopes.filter((scope) => !extension.scopes.includes(scope));
  if (scopes.length === 0 || unknown.length > 0) {
    return wrong('scope', 'scope must name scopes of the extension, separated by commas.');
  }
  return { extension, company, redirectUri, scopes, state };
}
