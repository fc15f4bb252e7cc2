import type { ControlInput, ControlRoutes } from '../server/control-routes.js';
import { wholeNumber } from '../server/input.js';
import type { RecordLog } from './record-log.js';
import type { Records } from './records.js';

/** What every provider tells of its records under `/__sandbox/<provider>/`. */
export function recordsControl(records: Records): ControlRoutes {
  return {
    'GET token-calls': (input) => paged(records.tokenCalls, input),
    'GET api-calls': (input) => paged(records.apiCalls, input),
    'GET violations': (input) => paged(records.violations, input),
    'GET secrets-seen': () => ({ data: records.secrets.list() }),
    'GET audit': () => {
      const { spends, spentMoreThanOnce, ...sums } = records.auditor.audit;
      const twice = [...spentMoreThanOnce].map((token) => [token, spends.get(token)]);
      return {
        ...sums,
        tokens: spends.size,
        spentMoreThanOnce: Object.fromEntries(twice) as unknown,
      };
    },
  };
}

/** `after`: how many to pass over (default 0); `limit`: how many at most (default 10 000). */
function paged<T>(log: RecordLog<T>, { query }: ControlInput) {
  const number = (name: string, otherwise: number) => {
    const given = query.get(name);
    return given === null ? otherwise : wholeNumber(0, 'records')(Number(given), name);
  };
  return log.slice(number('after', 0), number('limit', 10_000));
}
