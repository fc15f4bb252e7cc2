const HEADING = /^### (?:<a id="[a-z0-9-]+"><\/a>)?([FSP]\d+): \S/;
const PROOF = /^- \[[^\]]+\]\(\.\.\/([^)#]+)\): `(.+)`$/;
const NOT_OURS = /^Does not apply: \S.*\.$/;

/**
 * The rows of a page of the record. A row begins with `### F1: …` and ends at the next heading. In it a
 * test is named by `- [file](../file): `title``, and `Does not apply: …` says why there is none.
 */
export function readPage(file, text) {
  const rows = [];
  let row;
  for (const [index, line] of text.split('\n').entries()) {
    const at = { file, line: index + 1 };
    if (line.startsWith('#')) {
      const id = HEADING.exec(line)?.[1];
      row =
        id === undefined
          ? undefined
          : { id, ...at, text: '', proofs: [], notOurs: false, malformed: [] };
      if (row !== undefined) rows.push(row);
      continue;
    }
    if (row === undefined) continue;
    const proof = PROOF.exec(line);
    if (proof === null) row.text += `${line}\n`;
    if (proof !== null) row.proofs.push({ ...at, test: proof[1], title: proof[2] });
    else if (/^[-*] /.test(line)) row.malformed.push(at);
    if (NOT_OURS.test(line)) row.notOurs = true;
    if (line.includes('(test follows)')) row.follows = at;
  }
  return rows;
}
