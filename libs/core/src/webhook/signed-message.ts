import { FlockError } from '../foundation/errors/flock.error.js';
import { readHeader } from '../foundation/http/request.js';
import type { HttpRequest } from '../foundation/http/request.js';
import type { SignatureScheme } from '../provider/signature-scheme.js';

/** What the headers of a webhook say, before any of it is believed. */
export interface SignedMessage {
  readonly scheme: SignatureScheme;
  /** The signatures as bytes; a header may carry several, while a secret is replaced. */
  readonly signatures: readonly Buffer[];
  readonly id?: string;
  /** As it was sent. */
  readonly timestamp?: string;
  readonly body: Buffer;
}

const ID = /^[\w.:=+/@-]{1,190}$/;
const SECONDS = /^\d{1,12}$/;
/** More than any provider sends; each costs a comparison. */
const MOST_SIGNATURES = 10;

/**
 * Reads the headers by the first scheme whose signature is there.
 * @throws FlockError `webhook_unsigned`, `webhook_malformed`
 */
export function readSignedMessage(
  schemes: readonly SignatureScheme[],
  request: HttpRequest,
  body: Buffer,
): SignedMessage {
  const scheme = schemes.find(({ headers }) => readHeader(request, headers.signature));
  if (scheme === undefined) {
    const names = schemes.map(({ headers }) => Object.values(headers).join(' with '));
    throw new FlockError(
      'webhook_unsigned',
      `The webhook carries no signature; expected the header(s) ${names.join(', or ')}.`,
    );
  }
  const { headers, separator, prefix = '', timestampPrefix } = scheme;
  const parts = split(readHeader(request, headers.signature) as string, separator);
  const inline =
    timestampPrefix === undefined
      ? undefined
      : parts.find((part) => part.startsWith(timestampPrefix))?.slice(timestampPrefix.length);
  const timestamp = headers.timestamp ? readHeader(request, headers.timestamp) : inline;
  const id = headers.id === undefined ? undefined : readHeader(request, headers.id);
  if (scheme.signed.includes('timestamp') && !SECONDS.test(String(timestamp)))
    throw malformed(headers.timestamp ?? headers.signature, 'seconds since 1970');
  const usableId = id !== undefined && ID.test(id);
  if (scheme.signed.includes('id') && !usableId)
    throw malformed(headers.id ?? headers.signature, 'the id of the event, 1 to 190 characters');
  const signatures = parts
    .filter((part) => part.startsWith(prefix))
    .slice(0, MOST_SIGNATURES)
    .map((part) => Buffer.from(part.slice(prefix.length), scheme.digest));
  return {
    scheme,
    signatures,
    body,
    ...(usableId && { id }),
    ...(timestamp !== undefined && { timestamp }),
  };
}

const split = (text: string, separator: string | undefined): string[] =>
  // Stryker disable next-line ConditionalExpression: to split at nothing leaves it whole
  (separator === undefined ? [text] : text.split(separator)).map((part) => part.trim());

/** Names the header, never its value. */
const malformed = (header: string, expected: string): FlockError =>
  new FlockError(
    'webhook_malformed',
    `The header ${header} is missing or not usable; expected ${expected}.`,
  );
