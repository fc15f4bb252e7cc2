import { merchantProblems } from './flex-pay.merchants.js';
import type { FlexPayOptions } from './flex-pay.variables.js';

/** What is wrong with the credentials: each a sentence that names options, never a value. */
export function checkOptions({
  clientId,
  clientSecret,
  environment,
  merchants,
}: FlexPayOptions): string[] {
  const problems = merchantProblems(merchants);
  if ((clientId === undefined) !== (clientSecret === undefined)) {
    const [has, lacks] = clientId === undefined ? ['secret', 'id'] : ['id', 'secret'];
    problems.push(`a client ${has} without a client ${lacks}; expected both, or neither`);
  }
  const hasDefault = merchants.some(
    (one) => one.account === 'default' && one.environment === environment,
  );
  if (clientId !== undefined && hasDefault) {
    problems.push('merchants has an entry "default", which clientId and clientSecret make');
  }
  return problems;
}
