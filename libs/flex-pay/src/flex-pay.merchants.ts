import { isBaseUrl, isText, membersOf } from '@nest-flock/core/provider';
import { FLEX_PAY_ENVIRONMENTS } from './flex-pay.merchant.js';
import type { FlexPayMerchant } from './flex-pay.merchant.js';

const FIELDS = new Set([
  'account',
  'environment',
  'clientId',
  'clientSecret',
  'serverUrl',
  'owner',
]);

/** A list of objects; what is in them is told field by field by {@link merchantProblems}. */
export function readMerchants(value: unknown): readonly FlexPayMerchant[] | undefined {
  const isList = Array.isArray(value) && value.every((entry) => membersOf(entry) !== undefined);
  return isList ? (value as readonly FlexPayMerchant[]) : undefined;
}

/** Each problem names entry and field, never a value. */
export function merchantProblems(merchants: readonly FlexPayMerchant[]): string[] {
  const seen = new Set<string>();
  return merchants.flatMap((merchant, index) => {
    const name = `merchants[${index}]`;
    const problems = problemsOf(merchant as unknown as Record<string, unknown>).map(
      ([field, expected]) => `${name}.${field} is not usable; expected ${expected}`,
    );
    const key = `${merchant.environment} ${merchant.account}`;
    if (problems.length === 0 && seen.has(key)) {
      problems.push(`${name} names an account and environment that an entry before it has`);
    }
    seen.add(key);
    return problems;
  });
}

function problemsOf(merchant: Record<string, unknown>): [field: string, expected: string][] {
  const problems: [string, string][] = [];
  const expect = (field: string, fine: boolean, expected: string) => {
    if (!fine) problems.push([field, expected]);
  };
  const { account, environment, clientId, clientSecret, serverUrl, owner } = merchant;
  expect('account', isText(account, 190), 'a text of 1 to 190 characters');
  expect(
    'environment',
    FLEX_PAY_ENVIRONMENTS.some((known) => known === environment),
    FLEX_PAY_ENVIRONMENTS.join(' or '),
  );
  expect('clientId', isText(clientId, 2_000), 'the client id of the merchant');
  const isSecret = isText(clientSecret, 2_000) || typeof clientSecret === 'function';
  expect('clientSecret', isSecret, 'a secret, or (in code) a function that resolves to it');
  expect('serverUrl', serverUrl === undefined || isBaseUrl(serverUrl), 'an absolute https URL');
  expect('owner', owner === undefined || isText(owner, 190), 'a text of 1 to 190 characters');
  const unknown = Object.keys(merchant).filter((field) => !FIELDS.has(field));
  if (unknown.length > 0) problems.push(['*', `only ${[...FIELDS].join(', ')}`]);
  return problems;
}
