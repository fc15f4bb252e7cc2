import { randomUUID } from 'node:crypto';
import { jsonAnswer, type Answer } from '../server/answer.js';
import type { FluteSettings } from './flute-settings.js';

type Errors = Readonly<Record<string, readonly string[]>>;

/** Title, code and exception of each status, as the contract's examples show them. */
const KINDS: Readonly<Record<number, readonly [title: string, code: string, exception: string]>> = {
  400: ['Validation failed', 'V0000', 'ValidationException'],
  401: ['Unauthorized', 'V0000', 'UnauthorizedException'],
  402: ['Payment failed', 'P0000', 'PaymentException'],
  403: ['Access forbidden', 'F0000', 'ForbiddenException'],
  404: ['Resource not found', 'N0000', 'NotFoundException'],
  409: ['Conflict', 'C0000', 'ConflictException'],
  429: ['Rate limit exceeded', 'R0000', 'RateLimitExceededException'],
  500: ['Internal server error', 'I0000', 'IntegrationException'],
};

/** The main error envelope, in the letter case that the settings say. */
export function envelopeAnswer(
  { errorCase }: Pick<FluteSettings, 'errorCase'>,
  status: number,
  details: string,
  more: {
    readonly code?: string;
    readonly errors?: Errors;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Answer {
  const [title, code, exceptionType] = KINDS[status] ?? ['Error', 'I0000', 'IntegrationException'];
  const body = {
    statusCode: status,
    title,
    details,
    cause: details,
    resolution: 'Review the request and try again.',
    errorCode: more.code ?? code,
    exceptionType,
    entityId: null,
    source: 'Sandbox',
    correlationId: randomUUID(),
    documentationUrl: 'https://developer.flute.com/',
    ...(more.errors !== undefined && { errors: more.errors }),
  };
  return jsonAnswer(status, errorCase === 'pascal' ? pascal(body) : body, more.headers);
}

/** RFC 9110 problem details, with which the edge answers what it cannot read. */
export function edgeProblemAnswer(status: number, title: string, errors: Errors = {}): Answer {
  return jsonAnswer(
    status,
    {
      type: 'https://tools.ietf.org/html/rfc9110#section-15.5.1',
      title,
      status,
      errors,
      traceId: `00-${randomUUID().replaceAll('-', '')}-00`,
    },
    { 'content-type': 'application/problem+json; charset=utf-8' },
  );
}

/** The token endpoint's own form. */
export function tokenErrorAnswer(status: number, error: string, description?: string): Answer {
  return jsonAnswer(
    status,
    {
      error,
      error_description: description ?? 'Refused on demand.',
      error_uri: 'https://documentation.openiddict.com/errors',
    },
    {
      'cache-control': 'no-store',
      pragma: 'no-cache',
      ...(status === 401 && { 'www-authenticate': 'Basic realm="Flute"' }),
    },
  );
}

/** Some 401 answers have no body, only the header. */
export function unauthorizedAnswer(settings: FluteSettings, details: string): Answer {
  const headers = { 'www-authenticate': 'Bearer error="invalid_token"' };
  return settings.unauthorizedBody === 'empty'
    ? { status: 401, headers, body: '' }
    : envelopeAnswer(settings, 401, details, { headers, errors: { BearerTokenError: [details] } });
}

/** A host that does not serve the path. */
export function emptyNotFoundAnswer(): Answer {
  return { status: 404, headers: {}, body: '' };
}

function pascal(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(body);
  return Object.fromEntries(
    entries.map(([name, value]) => [name.charAt(0).toUpperCase() + name.slice(1), value]),
  );
}
