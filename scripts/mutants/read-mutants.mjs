import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const FIELDS = ['id', 'row', 'file', 'before', 'after', 'breaks'];

/** All mutants of `test/mutants/rows`, in the order of files and of the lists in them. */
export async function readMutants(root) {
  const folder = join(root, 'test', 'mutants', 'rows');
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.mjs'))
    .sort();
  const lists = await Promise.all(files.map((name) => readList(join(folder, name))));
  const mutants = lists.flat();
  for (const { id, killedBy } of mutants) {
    if (!Array.isArray(killedBy) || killedBy.length === 0) throw new Error(`${id} lacks killedBy`);
    if (mutants.filter((one) => one.id === id).length > 1) {
      throw new Error(`there are two mutants ${id}`);
    }
  }
  return mutants;
}

/** Those of one file. Without `killedBy` any test of the row may kill them. */
export async function readList(path) {
  const { default: list } = await import(pathToFileURL(resolve(path)).href);
  return list.map((mutant) => {
    const missing = FIELDS.filter((field) => mutant[field] === undefined);
    if (missing.length > 0) {
      throw new Error(`${path}: ${mutant.id ?? 'a mutant'} lacks ${missing.join(', ')}`);
    }
    return { on: 'sqlite', ...mutant };
  });
}
