import { InputError } from '../server/input-error.js';
import {
  flag,
  onlyKeys,
  oneOf,
  optional,
  record,
  text,
  texts,
  wholeNumber,
  type Check,
} from '../server/input.js';
import type { Fault, FaultKind } from './fault.js';
import { OPERATIONS, type FaultRule, type Operation } from './fault-rule.js';

const milliseconds = wholeNumber(0, 'milliseconds');
const status = wholeNumber(200, 'HTTP status', 599);
const committed = optional(flag);
const anything: Check<unknown> = (value) => value;

const retryAfter: Check<number | string> = (value, field) => {
  if (typeof value === 'number' && value >= 0) return value;
  if (typeof value === 'string' && value !== '') return value;
  throw new InputError(field, 'seconds as a number, or an HTTP date as a text');
};

const FIELDS: Readonly<Record<FaultKind, Readonly<Record<string, Check<unknown>>>>> = {
  delay: { ms: milliseconds, committed },
  hang: { committed },
  slow_body: { ms: milliseconds },
  truncate: {},
  html: { committed },
  empty_object: { committed },
  huge_body: { bytes: optional(wholeNumber(1, 'bytes')), committed },
  redirect: { to: text, status: optional(oneOf(301, 302, 303, 307, 308)), committed },
  rate_limit: { retryAfter: optional(retryAfter), committed },
  status: { status, body: anything, committed },
  drop_before_commit: {},
  drop_after_commit: {},
  hold: { committed },
  answer: { set: optional(record), omit: optional(texts) },
  error: { error: text, status: optional(status), description: optional(text), committed },
};

const operation: Check<Operation> = (value, field) => {
  if (typeof value === 'string' && /^api\.[a-z][a-z0-9-]*$/.test(value)) return value as Operation;
  try {
    return oneOf(...OPERATIONS)(value, field);
  } catch {
    throw new InputError(field, `one of ${OPERATIONS.join(', ')}, or api.<resource>`);
  }
};

const kinds = Object.keys(FIELDS) as FaultKind[];

/** Throws an `InputError` naming the first field that is wrong. */
export function checkFaultRule(rule: FaultRule): void {
  if (typeof rule.on !== 'function') operation(rule.on, 'on');
  if (rule.times !== Infinity) optional(wholeNumber(1, 'requests'))(rule.times, 'times');
  optional(wholeNumber(0, 'requests'))(rule.skip, 'skip');
  checkFault(record(rule.fault, 'fault'));
}

function checkFault(fault: Record<string, unknown>): void {
  const kind = oneOf(...kinds)(fault['kind'], 'fault.kind');
  const fields = FIELDS[kind];
  onlyKeys(fault, ['kind', ...Object.keys(fields)], 'fault.');
  for (const [name, check] of Object.entries(fields)) check(fault[name], `fault.${name}`);
}

/** A rule as JSON. `times` may be `"always"`, since JSON has no infinity. */
export function readFaultRule(input: Record<string, unknown>): FaultRule {
  onlyKeys(input, ['on', 'provider', 'environment_grant_id', 'account', 'times', 'skip', 'fault']);
  const times = input['times'];
  return {
    on: operation(input['on'], 'on'),
    provider: optional(text)(input['provider'], 'provider'),
    environment_grant_id: optional(text)(input['environment_grant_id'], 'environment_grant_id'),
    account: optional(text)(input['account'], 'account'),
    times:
      times === 'always'
        ? Infinity
        : optional(wholeNumber(1, 'requests, or "always"'))(times, 'times'),
    skip: optional(wholeNumber(0, 'requests'))(input['skip'], 'skip'),
    fault: record(input['fault'], 'fault') as Fault,
  };
}
