import { timingSafeEqual } from 'node:crypto';

/** A client's id and secret as they came. */
export interface Credentials {
  readonly id: string;
  readonly secret: string;
}

/** RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined by a colon. */
export function readBasic(header: string): Credentials | undefined {
  const encoded = /^basic +([a-z\d+/]+=*)$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon < 1) return undefined;
  try {
    return { id: formDecode(pair.slice(0, colon)), secret: formDecode(pair.slice(colon + 1)) };
  } catch {
    return undefined;
  }
}

function formDecode(value: string): string {
  return decodeURIComponent(value.replaceAll('+', ' '));
}

export function sameSecret(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
