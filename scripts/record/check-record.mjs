import { isRunOf, matchesOf, SEPARATOR } from './match-tests.mjs';
import { idsOf } from './row-ids.mjs';

/** What is wrong with the record, a sentence each, with the file and line to look at. */
export function checkRecord(pages, tests, report) {
  const known = new Set(pages.flatMap(({ ids }) => ids));
  const rows = pages.flatMap((page) => page.rows);
  return [
    ...pages.flatMap(missingRows),
    ...rows.flatMap((row) => problemsOf(row, known, tests, report)),
    ...tests.flatMap((test) => unknownIds(test, known)),
  ];
}

function missingRows({ file, ids, rows }) {
  const there = rows.map(({ id }) => id);
  return [
    ...ids
      .filter((id) => !there.includes(id))
      .map((id) => `${file}: ${id} has no row; expected "### ${id}: …"`),
    ...rows
      .filter(({ id }, index) => there.indexOf(id) !== index)
      .map((row) => `${at(row)}: ${row.id} has a second row`),
  ];
}

function problemsOf(row, known, tests, report) {
  const { id, proofs, notOurs, follows, malformed } = row;
  const problems = malformed.map(
    (place) =>
      `${at(place)}: ${id} has a line that names no test; expected "- [file](../file): \`title\`"`,
  );
  if (!known.has(id)) problems.push(`${at(row)}: there is no row ${id}`);
  if (follows !== undefined) problems.push(`${at(follows)}: ${id} still waits for its test`);
  else if (proofs.length === 0 && !notOurs) {
    problems.push(`${at(row)}: ${id} names no test and does not say "Does not apply: …"`);
  }
  const named = proofs.map((proof) => ({ proof, matches: matchesOf(proof, tests) }));
  for (const { proof, matches } of named) {
    const problem = problemOf(proof, matches, tests, report);
    if (problem !== undefined) problems.push(`${at(proof)}: ${id}: ${problem}`);
  }
  const carried = named.some(({ matches }) =>
    matches.some(({ cases }) => cases.some((chain) => chain.flatMap(idsOf).includes(id))),
  );
  if (problems.length === 0 && proofs.length > 0 && !carried) {
    problems.push(`${at(row)}: no test named for ${id} has it at the front of its title`);
  }
  return problems;
}

function problemOf(proof, matches, tests, report) {
  const { test: file, title } = proof;
  if (matches.length === 0) return missing(file, title, tests);
  const running = matches.filter(({ test }) => !test.skipped);
  if (running.length === 0) return `${file} skips the test "${title}"`;
  if (report === undefined) return undefined;
  const runs = (report.get(file) ?? []).filter(({ chain }) =>
    isRunOf({ title, matches: running }, chain),
  );
  const failed = runs.find(({ status }) => status === 'failed');
  if (failed !== undefined) return `it failed: ${file} "${failed.chain.join(SEPARATOR)}"`;
  const passed = runs.some(({ status }) => status === 'passed');
  return passed ? undefined : `it did not run: ${file} "${title}"`;
}

function missing(file, title, tests) {
  const there = tests.filter((test) => test.file === file);
  if (there.length === 0) return `there is no test file ${file}`;
  const words = new Set(title.split(' '));
  const alike = ({ written }) =>
    written
      .at(-1)
      .split(' ')
      .filter((word) => words.has(word)).length;
  const near = there.reduce((best, test) => (alike(test) > alike(best) ? test : best));
  return `${file} has no test "${title}"; the nearest is "${near.written.at(-1)}" (line ${near.line})`;
}

function unknownIds(test, known) {
  const ids = new Set(test.cases.flatMap((chain) => chain.flatMap(idsOf)));
  return [...ids]
    .filter((id) => !known.has(id))
    .map((id) => `${at(test)}: "${test.written.at(-1)}" carries ${id}, which no page knows`);
}

const at = ({ file, line }) => `${file}:${line}`;
