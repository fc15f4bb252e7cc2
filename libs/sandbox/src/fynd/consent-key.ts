import type { FyndAuthorizeRequest } from './authorize-request.js';

type Asked = Pick<FyndAuthorizeRequest, 'extension' | 'company' | 'scopes'>;

/** Names a consent: the same user, asked for the same scopes again, passes through. */
export const consentKey = (asked: Asked, userId: string): string =>
  `${installKey(asked)}${userId} ${[...asked.scopes].sort().join(' ')}`;

/** What the names of all consents of one install begin with. */
export const installKey = ({ extension, company }: Omit<Asked, 'scopes'>): string =>
  `${extension.client_id} ${company.company_id} `;
