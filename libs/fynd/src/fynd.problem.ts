import type { ProviderApiProblem } from '@nest-flock/core/provider';

const IDENTIFIER = /^[A-Za-z0-9_.:-]{1,128}$/;

/** The platform answers `{ message, ... }`; only identifiers of it are kept. */
export function readFyndProblem(_status: number, body: unknown): ProviderApiProblem {
  if (typeof body !== 'object' || body === null) return {};
  const { code, error, request_id: requestId } = body as Record<string, unknown>;
  const named = [code, error].find(
    (one): one is string => typeof one === 'string' && IDENTIFIER.test(one),
  );
  return {
    ...(named !== undefined && { code: named }),
    ...(typeof requestId === 'string' && IDENTIFIER.test(requestId) && { requestId }),
  };
}
