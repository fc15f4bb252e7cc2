import {
  anyTextOf,
  invalidField,
  pathIdOf,
  textsOf,
  withoutUndefined,
} from '@nest-flock/core/provider';
import type { FlintManifestPermission } from './flint.partner-app.js';

/** A partner app to be created (install guide, step 1). */
export interface FlintPartnerAppInput {
  readonly name: string;
  readonly permissionManifest: readonly FlintManifestPermission[];
  readonly redirectUris: readonly string[];
  /** Such as `server` or `plugin`; an open set. */
  readonly appType?: string;
  /** Ids of the manifest, which an install link without `permission_ids` asks for. */
  readonly defaultRequestedPermissions?: readonly string[];
  /** Such as `private`; an open set. */
  readonly visibility?: string;
  readonly apiVersion?: string;
}

/** What of a partner app is to change. */
export type FlintPartnerAppPatch = Partial<FlintPartnerAppInput>;

/**
 * The body that creates an app.
 * @throws FlockError `invalid_request` that names the field
 */
export function partnerAppBody(input: FlintPartnerAppInput): Record<string, unknown> {
  for (const field of ['name', 'permissionManifest', 'redirectUris'] as const) {
    if (input[field] === undefined) throw invalidField(field, 'a value');
  }
  return partnerAppPatch(input);
}

/**
 * The body that changes an app.
 * @throws FlockError `invalid_request` that names the field
 */
export function partnerAppPatch(patch: FlintPartnerAppPatch): Record<string, unknown> {
  checkTexts(patch);
  checkManifest(patch.permissionManifest);
  checkRedirects(patch.redirectUris);
  checkDefaults(patch);
  const body = withoutUndefined({
    name: patch.name,
    app_type: patch.appType,
    visibility: patch.visibility,
    redirect_uris: patch.redirectUris,
    permission_manifest: patch.permissionManifest?.map(manifestEntry),
    default_requested_permissions: patch.defaultRequestedPermissions,
    api_version: patch.apiVersion,
  });
  if (Object.keys(body).length === 0) throw invalidField('patch', 'at least one field to change');
  return body;
}

const manifestEntry = (entry: FlintManifestPermission) => ({
  permission_id: entry.permissionId,
  title: entry.title,
  description: entry.description,
  required_scopes: entry.requiredScopes,
  ...(entry.optional !== undefined && { optional: entry.optional }),
});

function checkTexts(patch: FlintPartnerAppPatch): void {
  for (const field of ['name', 'appType', 'visibility', 'apiVersion'] as const) {
    if (patch[field] !== undefined && anyTextOf(patch[field]).trim() === '') {
      throw invalidField(field, 'a text');
    }
  }
}

function checkManifest(manifest: FlintPartnerAppPatch['permissionManifest']): void {
  if (manifest === undefined) return;
  if (!Array.isArray(manifest) || manifest.length === 0) {
    throw invalidField('permissionManifest', 'a list of permissions');
  }
  for (const [index, entry] of manifest.entries() as IterableIterator<
    [number, Partial<FlintManifestPermission>]
  >) {
    const at = (field: string) => `permissionManifest[${index}].${field}`;
    if (pathIdOf(entry.permissionId) === undefined) throw invalidField(at('permissionId'), 'an id');
    for (const field of ['title', 'description'] as const) {
      if (anyTextOf(entry[field]).trim() === '')
        throw invalidField(at(field), 'a text for the merchant');
    }
    if (!isList(entry.requiredScopes)) throw invalidField(at('requiredScopes'), 'a list of scopes');
  }
}

function checkRedirects(uris: FlintPartnerAppPatch['redirectUris']): void {
  if (uris === undefined) return;
  const usable =
    isList(uris) &&
    uris.every(
      (uri) => URL.canParse(uri) && /^https?:$/.test(new URL(uri).protocol) && !/#/.test(uri),
    );
  if (!usable) throw invalidField('redirectUris', 'a list of absolute URLs without fragments');
}

function checkDefaults({
  defaultRequestedPermissions: wanted,
  permissionManifest,
}: FlintPartnerAppPatch): void {
  if (wanted === undefined) return;
  const ids = permissionManifest?.map(({ permissionId }) => permissionId);
  const known =
    Array.isArray(wanted) &&
    (wanted as readonly string[]).every((id) => ids?.includes(id) ?? pathIdOf(id) === id);
  if (!known) throw invalidField('defaultRequestedPermissions', 'ids of the permission manifest');
}

/** Not empty, and texts alone. */
const isList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && textsOf(value).length === value.length;
