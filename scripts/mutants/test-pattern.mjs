/** A pattern for `jest -t` that finds these tests and few others, whatever their groups are called. */
export const patternOf = (killers) =>
  [...new Set(killers.map(({ title }) => one(title)))].join('|');

/** Jest joins the titles of groups and tests by blanks; what only a run knows may be anything. */
const one = (title) =>
  `${title
    .split(/%[psdifjo#$]|\$[A-Za-z_][\w.]*|…/)
    .map((part) => part.replaceAll(' › ', ' ').replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
    .join('.*')}$`;
