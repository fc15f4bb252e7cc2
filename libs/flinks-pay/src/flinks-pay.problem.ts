import { identifierOf, membersOf, withoutUndefined } from '@nest-flock/core/provider';
import type { Members, ProviderApiProblem } from '@nest-flock/core/provider';

/**
 * ASP.NET ProblemDetails, as the OpenAPI files declare for 400, 401 and 403. Their members are not
 * spelled out there: a code is taken where there is one, else the first field that was found wrong
 * (`invalid:amount`). Bodies that are no JSON have nothing to say.
 */
export function readFlinksPayProblem(body: unknown): ProviderApiProblem {
  const problem = membersOf(body);
  const code =
    identifierOf(problem?.code) ??
    identifierOf(problem?.errorCode) ??
    wrongField(membersOf(problem?.errors));
  return withoutUndefined({ code, requestId: identifierOf(problem?.traceId) });
}

/** Keys are paths such as `amount`, or `$.amount` when it could not be read at all. */
function wrongField(errors: Members | undefined): string | undefined {
  const [first] = Object.keys(errors ?? {});
  const field = identifierOf(first?.replace(/^\$\.?/, ''));
  return field === undefined ? undefined : `invalid:${field}`.slice(0, 128);
}
