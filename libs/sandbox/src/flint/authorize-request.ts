import { withFixedPermissions, type FlintApp } from './flint-app.js';
import type { FlintMode } from './flint-merchant.js';
import type { FlintWorld } from './flint-world.js';
import { Parameters } from '../oauth/parameters.js';

/** A well-formed authorize request. */
export interface AuthorizeRequest {
  readonly app: FlintApp;
  readonly redirectUri: string;
  readonly mode: FlintMode;
  /** Absent in a preview only. */
  readonly state?: string;
  /** Everything that is asked for, what cannot be refused included; in the order of the manifest. */
  readonly permissionIds: readonly string[];
  readonly environmentId?: string;
  /** The merchant to choose beforehand. */
  readonly merchantId?: string;
}

/** Why an authorize request is refused. */
export interface AuthorizeRefusal {
  /** `page`: nothing may be sent to the redirect URI. */
  readonly kind: 'page' | 'redirect';
  /** HTTP status, where it is told on a page or in a preview. */
  readonly status: number;
  /** The name of the wrong parameter. */
  readonly param: string;
  /** OAuth error for the redirect. */
  readonly error: string;
  readonly description: string;
  readonly redirectUri?: string;
  readonly state?: string;
}

export type AuthorizeVerdict =
  { readonly request: AuthorizeRequest } | { readonly refusal: AuthorizeRefusal };

/** Checks an authorize request, or the preview of one, where `response_type` and `state` may be missing. */
export function readAuthorizeRequest(
  world: FlintWorld,
  query: string,
  preview = false,
): AuthorizeVerdict {
  const given = new Parameters(query);
  const redirectUri = given.get('redirect_uri');
  const state = given.get('state');
  const refuse = (
    kind: AuthorizeRefusal['kind'],
    param: string,
    description: string,
    error = 'invalid_request',
    status = 400,
    rule = 'invalid_authorize_request',
  ): AuthorizeVerdict => {
    world.records.violate(rule, description);
    return { refusal: { kind, status, param, error, description, redirectUri, state } };
  };

  const clientId = given.get('client_id');
  const trusted = ['client_id', 'redirect_uri'].find((name) => given.repeated.includes(name));
  if (trusted !== undefined) {
    return refuse(
      'page',
      trusted,
      `${trusted} was sent twice.`,
      undefined,
      400,
      'duplicate_parameter',
    );
  }
  if (clientId === undefined) {
    return refuse('page', 'client_id', 'client_id is missing.', undefined, 400, 'missing_field');
  }
  const app = world.directory.app(clientId);
  if (!app) {
    const status = preview ? 404 : 400;
    return refuse(
      'page',
      'client_id',
      'There is no such app.',
      undefined,
      status,
      'unknown_client',
    );
  }
  if (redirectUri === undefined) {
    return refuse(
      'page',
      'redirect_uri',
      'redirect_uri is missing.',
      undefined,
      400,
      'missing_field',
    );
  }
  if (!app.redirect_uris.includes(redirectUri)) {
    const text = 'redirect_uri is not registered for this app; it must match to the letter.';
    return refuse('page', 'redirect_uri', text, undefined, 400, 'redirect_uri_mismatch');
  }

  const twice = given.repeated[0];
  if (twice !== undefined) {
    const text = `${twice} was sent twice.`;
    return refuse('redirect', twice, text, undefined, 400, 'duplicate_parameter');
  }
  if (
    preview
      ? given.has('response_type') && given.get('response_type') !== 'code'
      : given.get('response_type') !== 'code'
  ) {
    const error = given.has('response_type') ? 'unsupported_response_type' : 'invalid_request';
    return refuse('redirect', 'response_type', 'response_type must be code.', error);
  }
  if (state === undefined && !preview) {
    const text = 'state is missing.';
    return refuse('redirect', 'state', text, undefined, 400, 'missing_field');
  }
  const mode = given.get('mode');
  if (mode !== 'test' && mode !== 'live') {
    return refuse('redirect', 'mode', 'mode must be test or live.');
  }
  const asked =
    given
      .get('permission_ids')
      ?.split(',')
      .map((id) => id.trim()) ?? app.default_requested_permissions;
  const unknown = asked.find(
    (id) => !app.permission_manifest.some((known) => known.permission_id === id),
  );
  if (unknown !== undefined) {
    return refuse('redirect', 'permission_ids', `There is no permission ${unknown}.`);
  }
  return {
    request: {
      app,
      redirectUri,
      mode,
      state,
      permissionIds: withFixedPermissions(app, asked),
      environmentId: given.get('environment_id'),
      merchantId: given.get('merchant_id'),
    },
  };
}
