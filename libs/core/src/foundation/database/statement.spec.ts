import * as connections from '../../connection/connection.statements.js';
import * as deliveries from '../../inbox/delivery.statements.js';
import * as claim from '../../token/renewal/claim.statements.js';
import * as renewal from '../../token/renewal/renewal.statements.js';
import * as revocation from '../../lifecycle/revocation/revocation.statements.js';

const rooms: readonly object[] = [claim, connections, deliveries, renewal, revocation];
const updates = rooms
  .flatMap((room) => Object.values(room) as readonly (string | { name: string; set?: string })[])
  .flatMap((one) =>
    typeof one === 'string' || one.set === undefined ? [] : [[one.name, one.set] as const],
  );

/** `a = f(b), c = d` as [['a', 'f(b)'], ['c', 'd']]. */
const assignments = (set: string): [column: string, value: string][] => {
  let depth = 0;
  const parts = [''];
  for (const character of set) {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (character === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => {
    const at = part.indexOf('=');
    return [part.slice(0, at).trim(), part.slice(at + 1).trim()];
  });
};

/** MySQL assigns one after the other, and a later value sees what an earlier one has made. */
it.each(updates)('%s reads no column that it has assigned before', (_name, set) => {
  const assigned: string[] = [];
  for (const [column, value] of assignments(set)) {
    const read: readonly string[] = value.replace(/:[a-z_]+|'[^']*'/g, '').match(/[a-z_]+/g) ?? [];
    // `status = CASE WHEN status …` is one assignment.
    expect(assigned.filter((one) => read.includes(one))).toEqual([]);
    assigned.push(column);
  }
});
