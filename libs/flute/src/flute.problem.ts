import { identifierOf, withoutUndefined } from '@nest-flock/core/provider';
import type { ProviderApiProblem } from '@nest-flock/core/provider';
import { fieldOf } from './flute.fields.js';

/**
 * The four shapes in which Flute says no: its own envelope in either letter case (`errorCode`,
 * `correlationId`), RFC 9110 problem details (`traceId`), the token endpoint's `error`, and no body
 * at all. Duplicate control hides behind the general code `V0000`, so it is called by its own name.
 */
export function readFluteProblem(body: unknown): ProviderApiProblem {
  const isDuplicate = fieldOf(fieldOf(body, 'errors'), 'isDuplicate') !== undefined;
  const code = isDuplicate
    ? 'IsDuplicate'
    : (identifierOf(fieldOf(body, 'errorCode')) ??
      identifierOf(fieldOf(body, 'error')) ??
      identifierOf(fieldOf(body, 'exceptionType')));
  const requestId =
    identifierOf(fieldOf(body, 'correlationId')) ?? identifierOf(fieldOf(body, 'traceId'));
  return withoutUndefined({ code, requestId });
}
