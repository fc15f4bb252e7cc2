import { matchesOf } from './match-tests.mjs';
import { idsOf } from './row-ids.mjs';

/**
 * A test that carries a row's id is one of those that the row names; else a reader takes it for a proof
 * that nobody holds it to. Groups carry none: their tests would be proofs by neighbourhood.
 */
export function checkTitles(rows, tests) {
  const meant = new Map(
    rows.map(({ id, proofs }) => [id, proofs.flatMap((proof) => matchesOf(proof, tests))]),
  );
  const groups = tests.flatMap(({ file, line, written }) =>
    written
      .slice(0, -1)
      .filter((title) => idsOf(title).length > 0)
      .map((title) => `${file}:${line}: the group "${title}" carries a row; only tests do`),
  );
  const unnamed = tests.flatMap((test) =>
    test.cases.flatMap((chain) =>
      idsOf(chain.at(-1))
        .filter(
          (id) =>
            meant.has(id) &&
            !meant.get(id).some((match) => match.test === test && match.cases.includes(chain)),
        )
        .map(
          (id) =>
            `${test.file}:${test.line}: "${chain.at(-1)}" carries ${id}, which does not name it`,
        ),
    ),
  );
  return [...new Set([...groups, ...unnamed])];
}
