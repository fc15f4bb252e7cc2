import { checkTitles } from './check-titles.mjs';
import { isRunOf, matchesOf, SEPARATOR } from './match-tests.mjs';
import { idsOf } from './row-ids.mjs';

/** Rows of the world that are not about this product. A further one is a decision, made here. */
const NOT_OURS = new Set(['S35']);

const DATABASES = [
  { word: 'SQLite', name: /sqlite/i },
  { word: 'PostgreSQL', name: /postgres/i },
  { word: 'MariaDB', name: /mariadb/i },
];

/** What is wrong with the record, a sentence each, with the file and line to look at. */
export function checkRecord(pages, tests, report) {
  const known = new Set(pages.flatMap(({ ids }) => ids));
  const rows = pages.flatMap((page) => page.rows);
  return [
    ...pages.flatMap(missingRows),
    ...rows.flatMap((row) => problemsOf(row, known, tests, report)),
    ...tests.flatMap((test) => unknownIds(test, known)),
    ...checkTitles(rows, tests),
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
  const exempt = NOT_OURS.has(id);
  const problems = malformed.map(
    (place) =>
      `${at(place)}: ${id} has a line that names no test; expected "- [file](../file): \`title\`"`,
  );
  if (!known.has(id)) problems.push(`${at(row)}: there is no row ${id}`);
  if (follows !== undefined) problems.push(`${at(follows)}: ${id} still waits for its test`);
  else if (notOurs && !exempt) {
    problems.push(
      `${at(row)}: ${id} may not say "Does not apply"; only ${[...NOT_OURS].join(', ')} may`,
    );
  } else if (proofs.length === 0 && !exempt) {
    problems.push(`${at(row)}: ${id} names no test`);
  }
  const named = proofs.map((proof) => ({ proof, matches: matchesOf(proof, tests) }));
  for (const { proof, matches } of named) {
    const problem = problemOf(proof, row, matches, tests, report);
    if (problem !== undefined) problems.push(`${at(proof)}: ${id}: ${problem}`);
  }
  if (report !== undefined && proofs.length > 0) {
    const runs = named.flatMap(({ proof, matches }) => runsOf(proof, matches, report));
    problems.push(...missingDatabases(row, runs));
  }
  return problems;
}

function problemOf(proof, row, matches, tests, report) {
  const { test: file, title } = proof;
  if (matches.length === 0) return missing(file, title, tests);
  const skipped = matches.find(({ test }) => test.skipped);
  if (skipped !== undefined) return `${file} skips the test "${title}"`;
  const flawed = matches.find(({ test }) => test.flaw !== undefined);
  if (flawed !== undefined) return `${file}: the test "${title}" ${flawed.test.flaw}`;
  const carried = matches.some(({ cases }) =>
    cases.some((chain) => idsOf(chain.at(-1)).includes(row.id)),
  );
  if (!carried) return `"${title}" does not have ${row.id} at the front of its title`;
  if (report === undefined) return undefined;
  return problemOfRuns(file, title, runsOf(proof, matches, report));
}

const runsOf = ({ test: file, title }, matches, report) =>
  (report.get(file) ?? []).filter(({ chain }) => isRunOf({ title, matches }, chain));

function problemOfRuns(file, title, runs) {
  const told = ({ chain }) => `${file} "${chain.join(SEPARATOR)}"`;
  const failed = runs.find(({ status }) => status === 'failed');
  if (failed !== undefined) return `it failed: ${told(failed)}`;
  if (!runs.some(({ status }) => status === 'passed')) return `it did not run: ${file} "${title}"`;
  const left = runs.find(({ status }) => status !== 'passed');
  if (left !== undefined) return `it was skipped: ${told(left)}`;
  const empty = runs.find(({ assertions }) => assertions === 0);
  return empty && `it ended without an assertion: ${told(empty)}`;
}

/** A row that speaks of a database by name is proved on it. */
function missingDatabases(row, runs) {
  return DATABASES.filter(
    ({ word, name }) =>
      row.text.includes(word) && !runs.some(({ chain }) => chain.some((title) => name.test(title))),
  ).map(({ word }) => `${at(row)}: ${row.id} speaks of ${word}, and none of its tests ran on it`);
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
