import { anyTextOf, membersOf } from '@nest-flock/core/provider';

/** A permission as the merchant will see it. */
export interface FlintPermission {
  readonly permissionId: string;
  readonly title: string;
  readonly description: string;
  /** The merchant may leave it out; all others are always granted. */
  readonly optional: boolean;
}

/** What Flint will ask the merchant for. */
export interface FlintPreview {
  readonly partnerAppId: string;
  readonly name: string;
  readonly mode: 'test' | 'live';
  readonly permissions: readonly FlintPermission[];
}

/** Reads the preview answer; `undefined` when it is not of the documented shape. */
export function readPreview(body: unknown, mode: 'test' | 'live'): FlintPreview | undefined {
  const data = membersOf(membersOf(body)?.data);
  const listed = data?.requested_permissions;
  if (data === undefined || !Array.isArray(listed)) return undefined;
  return {
    partnerAppId: anyTextOf(data.partner_app_id),
    name: anyTextOf(data.name),
    mode,
    permissions: listed.map((entry) => {
      const permission = membersOf(entry);
      return {
        permissionId: anyTextOf(permission?.permission_id),
        title: anyTextOf(permission?.title),
        description: anyTextOf(permission?.description),
        optional: permission?.optional === true,
      };
    }),
  };
}
