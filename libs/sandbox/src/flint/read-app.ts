import { InputError } from '../server/input-error.js';
import {
  flag,
  oneOf,
  onlyKeys,
  optional,
  record,
  text,
  texts,
  type Check,
} from '../server/input.js';
import { hostNameOf, isLoopbackName } from '../server/loopback-guard.js';
import type { FlintPermission } from './flint-app.js';

/** What an app may be changed to. */
export interface FlintAppChange {
  readonly name?: string;
  readonly redirect_uris?: readonly string[];
  readonly permission_manifest?: readonly FlintPermission[];
  readonly default_requested_permissions?: readonly string[];
  readonly visibility?: string;
  readonly app_type?: 'server' | 'plugin';
}

const CHANGEABLE = [
  'name',
  'redirect_uris',
  'permission_manifest',
  'default_requested_permissions',
  'visibility',
  'api_version',
];

/** Checks a new app. Throws an `InputError` that names the field. */
export function readNewApp(
  input: Readonly<Record<string, unknown>>,
): FlintAppChange &
  Required<Pick<FlintAppChange, 'name' | 'redirect_uris' | 'permission_manifest'>> {
  onlyKeys({ ...input }, [...CHANGEABLE, 'app_type']);
  const name = text(input['name'], 'name');
  const redirect_uris = uris(input['redirect_uris'], 'redirect_uris');
  const permission_manifest = manifest(input['permission_manifest'], 'permission_manifest');
  const app_type = optional(oneOf('server', 'plugin'))(input['app_type'], 'app_type');
  return { ...readFields(input, app_type), name, redirect_uris, permission_manifest };
}

/** Checks a change; `current`: the permissions that stay when it names none. */
export function readAppChange(
  input: Readonly<Record<string, unknown>>,
  current: readonly FlintPermission[],
): FlintAppChange {
  onlyKeys({ ...input }, CHANGEABLE);
  return readFields(input, undefined, current);
}

function readFields(
  input: Readonly<Record<string, unknown>>,
  app_type: FlintAppChange['app_type'],
  current: readonly FlintPermission[] = [],
): FlintAppChange {
  const permissions = optional(manifest)(input['permission_manifest'], 'permission_manifest');
  const field = 'default_requested_permissions';
  const requested = optional(texts)(input[field], field);
  const known = (permissions ?? current).map(({ permission_id }) => permission_id);
  const index = (requested ?? []).findIndex((id) => !known.includes(id));
  if (index >= 0) throw new InputError(`${field}[${index}]`, 'an id of the permission_manifest');
  optional(text)(input['api_version'], 'api_version');
  const all = {
    name: optional(text)(input['name'], 'name'),
    redirect_uris: optional(uris)(input['redirect_uris'], 'redirect_uris'),
    permission_manifest: permissions,
    default_requested_permissions: requested,
    visibility: optional(text)(input['visibility'], 'visibility'),
    app_type,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

const uris: Check<string[]> = (value, field) => {
  const list = texts(value, field);
  if (list.length === 0) throw new InputError(field, 'at least one redirect URI');
  for (const [index, uri] of list.entries()) {
    if (!isRedirectUri(uri)) {
      throw new InputError(
        `${field}[${index}]`,
        'an absolute https URL without a fragment, or http on this machine',
      );
    }
  }
  return list;
};

function isRedirectUri(uri: string): boolean {
  if (!URL.canParse(uri) || uri.includes('#')) return false;
  const { protocol, host } = new URL(uri);
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackName(hostNameOf(host)));
}

const manifest: Check<FlintPermission[]> = (value, field) => {
  if (!Array.isArray(value) || value.length === 0) {
    throw new InputError(field, 'a list of at least one permission');
  }
  const permissions = value.map((entry, index) => permission(entry, `${field}[${index}]`));
  const ids = permissions.map(({ permission_id }) => permission_id);
  const twice = ids.findIndex((id, index) => ids.indexOf(id) !== index);
  if (twice >= 0)
    throw new InputError(`${field}[${twice}].permission_id`, 'an id that is not taken');
  return permissions;
};

const permission: Check<FlintPermission> = (value, field) => {
  const input = record(value, field);
  const names = ['permission_id', 'title', 'description', 'required_scopes', 'optional'];
  onlyKeys(input, names, `${field}.`);
  const required_scopes = texts(input['required_scopes'], `${field}.required_scopes`);
  if (required_scopes.length === 0) {
    throw new InputError(`${field}.required_scopes`, 'at least one scope');
  }
  return {
    permission_id: text(input['permission_id'], `${field}.permission_id`),
    title: text(input['title'], `${field}.title`),
    description: text(input['description'], `${field}.description`),
    required_scopes,
    ...(optional(flag)(input['optional'], `${field}.optional`) && { optional: true }),
  };
};
