import type { FlinksPaySettings } from './flinks-pay-settings.js';

/** A body that was read, or what is wrong with it. */
export type StartVerdict =
  | {
      readonly start: {
        readonly amount: string;
        readonly referenceId: string | undefined;
        readonly type: string;
      };
    }
  | { readonly field: string; readonly problem: string; readonly violation?: string };

type Fields = Readonly<Record<string, unknown>>;
type Wrong = Exclude<StartVerdict, { start: unknown }>;

/** The v1 start: everything is mandatory but the client's URLs (Sessions/Initiate page). */
export function readV1Start(body: Fields, settings: FlinksPaySettings): StartVerdict {
  const urls = settings.clientUrlsField;
  const known = ['amount', 'customerName', 'customerEmail', 'referenceId', urls];
  return (
    misspelt(body, known, '', true) ??
    wrongText(body, 'customerName', 100) ??
    wrongEmail(body, 'customerEmail') ??
    wrongText(body, 'referenceId', 100) ??
    wrongUrls(body, urls) ??
    withAmount(body, 'e-Transfer')
  );
}

/** The v2 start. Members that are not known to this sandbox are passed over. */
export function readV2Start(body: Fields): StartVerdict {
  const payor = fields(body['payor']);
  const type = body['type'];
  const wrong =
    misspelt(
      body,
      ['referenceId', 'type', 'direction', 'currency', 'amount', 'options', 'payor', 'payee'],
      '',
      false,
    ) ??
    wrongText(body, 'referenceId', 100, true) ??
    notOneOf(body, 'type', ['e-Transfer', 'EFT']) ??
    notOneOf(body, 'direction', ['DEBIT']) ??
    notOneOf(body, 'currency', ['CAD']);
  if (wrong) return wrong;
  if (payor === undefined) return { field: 'payor', problem: 'is required' };
  const wrongPayor =
    misspelt(payor, ['firstName', 'lastName', 'middleName', 'email'], 'payor.', false) ??
    wrongText(payor, 'firstName', 100, false, 'payor.') ??
    wrongText(payor, 'lastName', 100, false, 'payor.') ??
    wrongText(payor, 'middleName', 100, true, 'payor.') ??
    wrongEmail(payor, 'email', 'payor.');
  if (wrongPayor) return wrongPayor;
  const place = type === 'EFT' ? eftRules(body) : wrongPayee(body['payee']);
  return place ?? withAmount(body, String(type));
}

/** Regular EFT names no payee and says that it wants no guarantee (EFT v2 pages). */
function eftRules(body: Fields): Wrong | undefined {
  const enable = fields(fields(body['options'])?.['guarantee'])?.['enable'];
  if (typeof enable !== 'boolean') {
    return { field: 'options.guarantee.enable', problem: 'is required for EFT' };
  }
  if (enable) return wrongPayee(body['payee']);
  return body['payee'] === undefined
    ? undefined
    : { field: 'payee', problem: 'is not allowed for regular EFT' };
}

function wrongPayee(payee: unknown): Wrong | undefined {
  if (payee === undefined) return undefined;
  const account = fields(fields(payee)?.['account']);
  const digits = (name: string, pattern: RegExp): Wrong | undefined =>
    typeof account?.[name] === 'string' && pattern.test(account[name])
      ? undefined
      : { field: `payee.account.${name}`, problem: `must match ${pattern.source}` };
  return (
    digits('institutionCode', /^\d{3}$/) ??
    digits('transitNumber', /^\d{5}$/) ??
    digits('accountNumber', /^\d{7,12}$/)
  );
}

/** The amount is a JSON number from 0.01 to 99999.99 in steps of 0.01. */
function withAmount(body: Fields, type: string): StartVerdict {
  const { amount, referenceId } = body;
  if (typeof amount !== 'number') {
    return { field: 'amount', problem: 'must be a number', violation: 'amount_not_a_number' };
  }
  const exact = /^\d{1,5}(\.\d{1,2})?$/.test(String(amount)) && amount > 0;
  if (!exact) return { field: 'amount', problem: 'must be 0.01 to 99999.99 in steps of 0.01' };
  return {
    start: {
      amount: amount.toFixed(2),
      referenceId: typeof referenceId === 'string' ? referenceId : undefined,
      type,
    },
  };
}

function misspelt(
  body: Fields,
  known: readonly string[],
  path: string,
  closed: boolean,
): Wrong | undefined {
  for (const name of Object.keys(body)) {
    if (known.includes(name)) continue;
    const meant = known.find((field) => field.toLowerCase() === name.toLowerCase());
    const field = path + name.slice(0, 100);
    if (meant !== undefined) {
      return { field, problem: `is written ${meant}`, violation: 'wrong_casing' };
    }
    if (closed) return { field, problem: 'is unknown', violation: 'unknown_field' };
  }
  return undefined;
}

function wrongText(
  body: Fields,
  name: string,
  longest: number,
  optional = false,
  path = '',
): Wrong | undefined {
  const value = body[name];
  if (value === undefined) {
    return optional ? undefined : { field: path + name, problem: 'is required' };
  }
  return typeof value === 'string' && value !== '' && value.length <= longest
    ? undefined
    : { field: path + name, problem: `must be a text of 1 to ${longest} characters` };
}

function wrongEmail(body: Fields, name: string, path = ''): Wrong | undefined {
  const wrong = wrongText(body, name, 100, false, path);
  if (wrong) return wrong;
  return /^[^\s@]+@[^\s@]+$/.test(String(body[name]))
    ? undefined
    : { field: path + name, problem: 'must be an e-mail address' };
}

function wrongUrls(body: Fields, name: string): Wrong | undefined {
  const urls = body[name];
  if (urls === undefined) return undefined;
  const values = Object.values(fields(urls) ?? { none: undefined });
  const good = values.every((url) => typeof url === 'string' && URL.canParse(url));
  return good ? undefined : { field: name, problem: 'must be an object of URLs' };
}

function notOneOf(body: Fields, name: string, allowed: readonly string[]): Wrong | undefined {
  return allowed.includes(String(body[name]))
    ? undefined
    : { field: name, problem: `must be ${allowed.join(' or ')}` };
}

function fields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : undefined;
}
