import { withoutSlash } from '@nest-flock/core/provider';
import type { InstallRequest } from '@nest-flock/core/provider';
import type { FyndOptions } from './fynd.variables.js';

/** The extension's own page, below the Extension URL (authorization guide, step 5). */
export function extensionPage(
  { account: companyId = '' }: InstallRequest,
  options: FyndOptions,
): string {
  const below = withoutSlash(new URL(options.extensionUrl).pathname);
  return `${below}${options.extensionPage.replaceAll('{company_id}', companyId)}`;
}
