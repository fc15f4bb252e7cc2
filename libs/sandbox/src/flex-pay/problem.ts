import { htmlAnswer, jsonAnswer, type Answer } from '../server/answer.js';
import { markup } from '../server/markup.js';

/** Codes of the card page by status; 401, 403 and 405 share theirs. */
const CODE_NAMES: Readonly<Record<number, string>> = { 408: 'API_TIMEOUT', 500: 'API_ERROR' };

/** The error form of the card page: `{ codeName, message, statusCode }`. */
export function problem(
  status: number,
  message: string,
  codeName = CODE_NAMES[status] ?? (status >= 500 ? 'API_ERROR' : 'INVALID_REQUEST_ERROR'),
): Answer {
  return jsonAnswer(status, { codeName, message, statusCode: status });
}

/** What stands before the API answers to an address that was not approved: a page, no JSON. */
export function edgeRefusal(): Answer {
  return htmlAnswer(
    403,
    markup`<!doctype html><html><head><title>403 Forbidden</title></head>
<body><h1>403 Forbidden</h1><p>The request was blocked.</p></body></html>`.value,
  );
}
