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
  const data = record(record(body)?.data);
  const listed = data?.requested_permissions;
  if (data === undefined || !Array.isArray(listed)) return undefined;
  return {
    partnerAppId: text(data.partner_app_id),
    name: text(data.name),
    mode,
    permissions: listed.map((entry) => {
      const permission = record(entry);
      return {
        permissionId: text(permission?.permission_id),
        title: text(permission?.title),
        description: text(permission?.description),
        optional: permission?.optional === true,
      };
    }),
  };
}

const record = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
