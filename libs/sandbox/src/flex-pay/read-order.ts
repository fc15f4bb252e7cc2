import { centsOfText } from './money.js';

/** What is wrong with a body: the rule it breaks, and in words. */
export interface BodyProblem {
  readonly rule: string;
  readonly detail: string;
}

export interface ReadOrder {
  readonly cents: number;
  readonly currency: 'USD' | 'CAD';
  readonly confirmationUrl: string;
  readonly cancelUrl: string;
}

/** Checks the body of an order that is to be created (orders pages). */
export function readOrder(body: Record<string, unknown>): ReadOrder | BodyProblem {
  const wrong = orderProblem(body, 'order');
  if (wrong) return wrong;
  const cents = centsOfText(body['price']);
  if (cents === undefined || cents === 0) {
    return { rule: 'missing_field', detail: 'price must be a decimal text above zero.' };
  }
  const urls = isRecord(body['merchantConfig']) ? body['merchantConfig'] : {};
  const [confirmationUrl, cancelUrl] = [urls['confirmationUrl'], urls['cancelUrl']];
  if (!isUrl(confirmationUrl) || !isUrl(cancelUrl)) {
    const detail = 'merchantConfig needs confirmationUrl and cancelUrl, both absolute URLs.';
    return { rule: 'missing_field', detail };
  }
  const localization = isRecord(body['localization']) ? body['localization'] : {};
  const currency = localization['currency'] ?? 'USD';
  if (currency !== 'USD' && currency !== 'CAD') {
    return { rule: 'wrong_currency', detail: 'localization.currency must be USD or CAD.' };
  }
  return { cents, currency, confirmationUrl, cancelUrl };
}

/** What no order may have, at whatever depth: an id of its own, a price that is no decimal text. */
export function orderProblem(value: unknown, path: string): BodyProblem | undefined {
  if (Array.isArray(value)) {
    return first(value.map((entry, index) => () => orderProblem(entry, `${path}[${index}]`)));
  }
  if (!isRecord(value)) return undefined;
  return first(
    Object.entries(value).map(([name, entry]) => () => {
      const field = `${path}.${name}`;
      if (name === 'id' && entry !== null) {
        return { rule: 'id_in_request', detail: `${field} must be absent or null in a request.` };
      }
      if (name === 'price' && entry !== null && centsOfText(entry) === undefined) {
        return { rule: 'amount_form', detail: `${field} must be a decimal text such as "100.13".` };
      }
      if (name.includes('_')) {
        return { rule: 'wrong_casing', detail: `${field}: orders have camelCase members.` };
      }
      return orderProblem(entry, field);
    }),
  );
}

function first(checks: readonly (() => BodyProblem | undefined)[]): BodyProblem | undefined {
  for (const check of checks) {
    const found = check();
    if (found) return found;
  }
  return undefined;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isUrl = (value: unknown): value is string =>
  typeof value === 'string' && URL.canParse(value) && /^https?:/.test(value);
