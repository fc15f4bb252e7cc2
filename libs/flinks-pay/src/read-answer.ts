import { membersOf, textOf } from '@nest-flock/core/provider';
import type { Members } from '@nest-flock/core/provider';

const ID = /^[\w-]{1,128}$/;

/** An id as FlinksPay gives it: it may go into a URL and a log. */
export const isId = (value: unknown): value is string =>
  typeof value === 'string' && ID.test(value);

/** An id as an answer carries it; `undefined` for anything else. */
export function answeredId(body: unknown, field: string): string | undefined {
  const value = answered(body)[field];
  return isId(value) ? value : undefined;
}

/** A short text, such as a status. */
export const answeredText = (body: unknown, field: string): string | undefined =>
  textOf(answered(body)[field], 200);

/** The members of a JSON object; none where the answer is something else. */
export const answered = (body: unknown): Members => membersOf(body) ?? {};
