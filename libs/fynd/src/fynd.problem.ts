import { identifierOf, membersOf } from '@nest-flock/core/provider';
import type { ProviderApiProblem } from '@nest-flock/core/provider';

/** The platform answers `{ message, ... }`; only identifiers of it are kept. */
export function readFyndProblem(_status: number, body: unknown): ProviderApiProblem {
  const members = membersOf(body);
  const code = identifierOf(members?.code) ?? identifierOf(members?.error);
  const requestId = identifierOf(members?.request_id);
  return {
    ...(code !== undefined && { code }),
    ...(requestId !== undefined && { requestId }),
  };
}
