import { identifierOf, membersOf, withoutUndefined } from '@nest-flock/core/provider';
import type { ProviderApiProblem } from '@nest-flock/core/provider';

/** The platform answers `{ message, ... }`; only identifiers of it are kept. */
export function readFyndProblem(body: unknown): ProviderApiProblem {
  const members = membersOf(body);
  return withoutUndefined({
    code: identifierOf(members?.code) ?? identifierOf(members?.error),
    requestId: identifierOf(members?.request_id),
  });
}
