import type { ProviderApiProblem } from '@nest-flock/core/provider';

const IDENTIFIER = /^[A-Za-z0-9_.:-]{1,128}$/;

/**
 * ASP.NET ProblemDetails, as the OpenAPI files declare for 400, 401 and 403. Their members are not
 * spelled out there: a code is taken where there is one, else the first field that was found wrong
 * (`invalid:amount`). Bodies that are no JSON have nothing to say.
 */
export function readFlinksPayProblem(_status: number, body: unknown): ProviderApiProblem {
  const problem = record(body);
  const code =
    identifier(problem?.code) ??
    identifier(problem?.errorCode) ??
    wrongField(record(problem?.errors));
  const requestId = identifier(problem?.traceId);
  return {
    ...(code !== undefined && { code }),
    ...(requestId !== undefined && { requestId }),
  };
}

/** Keys are paths such as `amount`, or `$.amount` when it could not be read at all. */
function wrongField(errors: Record<string, unknown> | undefined): string | undefined {
  const [first] = Object.keys(errors ?? {});
  const field = identifier(first?.replace(/^\$\.?/, ''));
  return field === undefined ? undefined : `invalid:${field}`.slice(0, 128);
}

const record = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;

const identifier = (value: unknown): string | undefined =>
  typeof value === 'string' && IDENTIFIER.test(value) ? value : undefined;
