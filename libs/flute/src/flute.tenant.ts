/** Whose endpoint it is, as the last part of the webhook route says it: `sandbox.default`. */
export const tenantOf = ({ environment, account }: { environment: string; account: string }) =>
  `${environment}.${account}`;

export function readTenant(tenant: string): { environment?: string; account?: string } {
  const dot = tenant.indexOf('.');
  return dot < 0 ? {} : { environment: tenant.slice(0, dot), account: tenant.slice(dot + 1) };
}
