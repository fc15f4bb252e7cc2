import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const FIELDS = ['id', 'row', 'file', 'before', 'after', 'breaks', 'killedBy'];

/** All mutants of `test/mutants/rows`, in the order of files and of the lists in them. */
export async function readMutants(root) {
  const folder = join(root, 'test', 'mutants', 'rows');
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.mjs'))
    .sort();
  const mutants = [];
  for (const name of files) {
    const { default: list } = await import(pathToFileURL(join(folder, name)).href);
    for (const mutant of list) {
      const missing = FIELDS.filter((field) => mutant[field] === undefined);
      if (missing.length > 0 || !Array.isArray(mutant.killedBy) || mutant.killedBy.length === 0) {
        throw new Error(
          `${name}: ${mutant.id ?? 'a mutant'} lacks ${missing.join(', ') || 'killedBy'}`,
        );
      }
      if (mutants.some(({ id }) => id === mutant.id)) {
        throw new Error(`${name}: there are two mutants ${mutant.id}`);
      }
      mutants.push({ on: 'sqlite', ...mutant });
    }
  }
  return mutants;
}
