import type { FyndTokenRequest, FyndVerdict } from './token-verdict.js';
import type { FyndEncoding } from './fynd-settings.js';
import { textOf } from './token-input.js';

/** The verdict on a request that a correct client would not send. */
export const wrong = (violation: string, description: string): FyndVerdict => ({
  error: 'invalid_request',
  description,
  violation,
});

/** The verdict on a body that is written the other way, or `undefined`. */
export function misreadEncoding(
  { input }: FyndTokenRequest,
  expected: FyndEncoding,
): FyndVerdict | undefined {
  return expected === 'either' || expected === input.encoding
    ? undefined
    : wrong('wrong_content_type', `This request is made as ${expected}.`);
}

/**
 * The verdict on a credential in the body, or `undefined`. The guide has it in the header always, and
 * once more in the body of the offline exchange (step 4.2), where it must be the same.
 */
export function misreadCredential(
  { input, extension }: FyndTokenRequest,
  inBody: 'required' | 'none',
): FyndVerdict | undefined {
  for (const name of ['client_id', 'client_secret'] as const) {
    const value = textOf(input, name);
    if (inBody === 'none') {
      if (value === undefined) continue;
      return wrong('two_credentials', `${name} belongs in the header alone here.`);
    }
    if (value === undefined) return wrong('missing_field', `${name} is missing.`);
    if (value !== extension[name]) {
      return wrong('two_credentials', `${name} in the body is not the one of the header.`);
    }
  }
  return undefined;
}
