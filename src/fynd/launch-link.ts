import type { Host } from '../host.js';

/** What the panel of a company opens; `back` is a path of this host, else its extension page. */
export function launchLink(host: Host, companyId: number | string, back?: string): string {
  const query = new URLSearchParams({
    company_id: String(companyId),
    client_id: host.fyndClientId ?? '',
    ...(back !== undefined && { redirect_path: back }),
  });
  return `/fp/install?${query.toString()}`;
}
