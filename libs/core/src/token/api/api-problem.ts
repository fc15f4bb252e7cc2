import type { AxiosResponse } from 'axios';
import { FlockError } from '../../foundation/errors/flock.error.js';
import type { FlockErrorDetails } from '../../foundation/errors/flock.error.js';
import { readRetryAfter } from '../../foundation/http/retry-after.js';
import type { ProviderApiProblem } from '../../provider/provider-definition.js';
import type { RegisteredApp } from '../../provider/registered-app.js';
import { unanswered } from './unanswered.js';
import type { ApiWrite } from './unanswered.js';

/**
 * The error for a refusal of a provider's API: its identifiers, never its words.
 * @param connect where the merchant grants more, where that is the way out
 */
export function apiProblem(
  app: RegisteredApp,
  response: AxiosResponse<unknown>,
  write: ApiWrite,
  connect: Pick<FlockErrorDetails, 'connectUrl'> = {},
): FlockError {
  const { status } = response;
  const { title } = app.definition;
  const { code, missingScopes, kind } = read(app, response);
  const details = problemDetails(app, response);
  const retryAfterSeconds = readRetryAfter(plainHeaders(response)['retry-after']);
  const wait = { ...details, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
  if (status === 429) {
    return new FlockError('provider_rate_limited', `${title} asks to slow down.`, wait);
  }
  if (isUnclear(status, write)) return unanswered(`${title} answered ${status}.`, write, wait);
  if (kind === 'ip_not_allowed') {
    return new FlockError(
      'ip_not_allowed',
      `${title} does not accept calls from this address. Have the egress address put on its allow-list, or set the proxy that is on it.`,
      details,
    );
  }
  if (status === 403 && missingScopes !== undefined) {
    return new FlockError(
      'insufficient_scope',
      `${title} refuses the call: not granted ${missingScopes.join(', ') || 'the scope it needs'}.`,
      { ...details, missingScopes, ...connect },
    );
  }
  const named = code === undefined ? '' : `, ${code}`;
  return new FlockError(
    'provider_refused',
    `${title} refused the call (${status}${named}).`,
    details,
  );
}

/** Status, code and request id of a refusal, as far as they are there. */
export function problemDetails(
  app: RegisteredApp,
  response: AxiosResponse<unknown>,
): FlockErrorDetails {
  const { code, requestId } = read(app, response);
  return {
    providerStatus: response.status,
    ...(code !== undefined && { providerCode: code }),
    ...(requestId !== undefined && { providerRequestId: requestId }),
  };
}

const read = (
  { definition }: RegisteredApp,
  { status, data }: AxiosResponse<unknown>,
): ProviderApiProblem => definition.apiProblem?.(data, status) ?? {};

/** Whoever redirects a write, or gives up waiting for it, may have acted before. */
const isUnclear = (status: number, write: ApiWrite): boolean =>
  status >= 500 || status === 408 || status === 499 || (status < 400 && write.writes === true);

export function plainHeaders(response: AxiosResponse): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (typeof value === 'string') headers[name.toLowerCase()] = value;
  }
  return headers;
}
