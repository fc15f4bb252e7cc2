import { SandboxError } from '../sandbox-error.js';
import type { FyndExtension } from './fynd-extension.js';
import type { FyndOfflineIssue } from './fynd-sandbox.options.js';
import type { FyndOfflineAnswer } from './fynd-token-answer.js';
import type { FyndWorld } from './fynd-world.js';

/** A company's offline tokens, and the code they were bought with. */
export interface FyndOfflineIssued extends FyndOfflineAnswer {
  readonly company_id: number;
  /** The guide's renewal repeats it. */
  readonly code: string;
}

/** An install by the company's first user, without its requests. */
export function issueOffline(
  world: FyndWorld,
  extension: FyndExtension,
  { company_id, scopes = extension.scopes }: FyndOfflineIssue,
): FyndOfflineIssued {
  const company = world.companies.find(
    (one) => company_id === undefined || one.company_id === company_id,
  );
  const [user] = company?.users ?? [];
  if (!company || !user) {
    throw new SandboxError(`There is no company ${company_id ?? ''} with a user.`);
  }
  const unknown = scopes.find((scope) => !extension.scopes.includes(scope));
  if (unknown !== undefined) throw new SandboxError(`The extension has no scope "${unknown}".`);
  const value = world.tokens.issueCode({ extension, company, user, scopes });
  world.tokens.code(value)?.exchanged.add('offline');
  const answer = world.tokens.issueOffline({
    extension,
    company,
    code: value,
    scopes,
    alive: true,
  });
  return { ...answer, company_id: company.company_id, code: value };
}
