import { jsonAnswer, type Answer } from '../server/answer.js';

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
};

/** ASP.NET ProblemDetails, which the OpenAPI files declare for 400, 401 and 403. */
export function problemAnswer(
  status: number,
  detail: string,
  more: {
    readonly title?: string;
    readonly errors?: Readonly<Record<string, readonly string[]>>;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Answer {
  const { title = TITLES[status] ?? 'Error', errors, headers } = more;
  return jsonAnswer(
    status,
    { type: 'about:blank', title, status, detail, ...(errors !== undefined && { errors }) },
    {
      'content-type': 'application/problem+json; charset=utf-8',
      ...(status === 401 && { 'www-authenticate': 'Bearer' }),
      ...headers,
    },
  );
}
