import { configuredAccounts } from './flinks-pay.credentials.js';
import type { FlinksPayOptions } from './flinks-pay.variables.js';

/** What is wrong with the credentials: each a sentence that names variables. */
export function checkOptions(options: FlinksPayOptions): string[] {
  const { baseUrl, username, password, customers, serverHosts } = options;
  const parts = { BASE_URL: baseUrl, USERNAME: username, PASSWORD: password };
  const missing = Object.entries(parts).filter(([, value]) => value === undefined);
  const names = configuredAccounts(options).map(({ account }) => account);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  const problems: string[] = [];
  if (missing.length > 0 && missing.length < 3) {
    problems.push(
      `${missing.map(([name]) => name).join(' and ')} missing; expected BASE_URL, USERNAME and PASSWORD together`,
    );
  }
  if (missing.length === 3 && customers.length === 0 && serverHosts.length === 0) {
    problems.push(
      'no credential; expected BASE_URL, USERNAME and PASSWORD, or CUSTOMERS, or SERVER_HOSTS for customers that are registered at run time',
    );
  }
  if (repeated !== undefined) {
    problems.push(`two customers have the account "${repeated}"; expected a name of its own each`);
  }
  return problems;
}
