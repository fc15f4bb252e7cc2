import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { matchesOf } from '../record/match-tests.mjs';
import { findFile } from './find-file.mjs';

const SEPARATOR = ' › ';

/**
 * Mutants with what they name found: the product's file, the tests. `problems` says what is wrong with
 * them as data: a text that is not there or there twice, a sentence that the row does not say, a test
 * that the row does not name, a row without a mutant.
 */
export function resolveMutants(mutants, { root, files, tests, rows }) {
  const product = files.filter(
    (file) => /^(libs\/[^/]+\/src|src)\/.*\.ts$/.test(file) && !file.endsWith('spec.ts'),
  );
  const suites = files.filter((file) => file.endsWith('spec.ts'));
  const text = new Map();
  const read = (file) => {
    if (!text.has(file)) text.set(file, readFileSync(join(root, file), 'utf8'));
    return text.get(file);
  };
  const problems = [];
  const resolved = mutants.flatMap((mutant) => {
    try {
      return [resolve(mutant)];
    } catch (error) {
      problems.push(`${mutant.id}: ${error.message}`);
      return [];
    }
  });
  for (const { id, proofs } of rows) {
    if (proofs.length > 0 && !mutants.some(({ row }) => row === id)) {
      problems.push(`${id} has no mutant`);
    }
  }
  return { resolved, problems };

  function resolve(mutant) {
    const file = findFile(product, mutant.file);
    const source = read(file);
    const times = source.split(mutant.before).length - 1;
    if (times !== 1) {
      throw new Error(
        `does not apply: ${file} has its text ${times === 0 ? 'nowhere' : `${times} times`}`,
      );
    }
    if (mutant.before === mutant.after) throw new Error('changes nothing');
    const row = rows.find(({ id }) => id === mutant.row);
    if (row === undefined) throw new Error(`there is no row ${mutant.row}`);
    if (!plain(row.text).includes(plain(mutant.breaks))) {
      throw new Error(`${mutant.row} does not say "${mutant.breaks}"`);
    }
    const killers =
      mutant.killedBy?.map((name) => findTest(name, row)) ??
      row.proofs.map((proof) => ({
        suite: proof.test,
        title: proof.title,
        matches: matchesOf(proof, tests),
      }));
    const { before, after } = mutant;
    const tried = [before, after, ...[source, ...killers.map(textOf)].map(essence)];
    const fingerprint = createHash('sha256')
      .update(JSON.stringify(tried))
      .digest('hex')
      .slice(0, 16);
    return {
      ...mutant,
      file,
      mutated: source.replace(mutant.before, () => mutant.after),
      killers,
      fingerprint,
    };
  }

  /** The suite without its other tests: what they are says nothing of this one. */
  function textOf({ suite, matches }) {
    const own = new Set(matches.map(({ test }) => test));
    const others = tests.filter((test) => test.file === suite && !own.has(test));
    return others.reduceRight(
      (text, { range: [start, end] }) => text.slice(0, start) + text.slice(end),
      read(suite),
    );
  }

  function findTest(name, row) {
    const at = name.indexOf(SEPARATOR);
    if (at === -1) throw new Error(`"${name}" is no test; expected "suite › title"`);
    const [word, title] = [name.slice(0, at), name.slice(at + SEPARATOR.length)];
    const suite = findSuite(word);
    const proof = { test: suite, title };
    const matches = matchesOf(proof, tests);
    if (matches.length === 0) throw new Error(`${suite} has no test "${title}"`);
    const named = row.proofs.flatMap((one) => matchesOf(one, tests)).map(({ test }) => test);
    if (!matches.some(({ test }) => named.includes(test))) {
      throw new Error(`${row.id} does not name "${title}" of ${suite}`);
    }
    return { suite, title, matches };
  }

  /** `renewal`, or as much of the path as tells it from others: `token/tokens`. */
  function findSuite(word) {
    const isE2e = suites.some((path) => path.endsWith(`/${word}.e2e-spec.ts`));
    return findFile(suites, `${word}.${isE2e ? 'e2e-spec' : 'spec'}.ts`);
  }
}

/** What is tried stays the same when files move, or another test comes beside it. */
const essence = (text) => text.replaceAll(/^import\b[^;]*;$/gm, '').replaceAll(/[\s;]+/g, ' ');

/** Text as a reader sees it: one blank between words, without Markdown's marks. */
const plain = (text) => text.replaceAll(/[*_`\\]|\]\([^)]*\)|\[/g, '').replaceAll(/[\s;]+/g, ' ');
