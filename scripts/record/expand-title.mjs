import { UNKNOWN } from './values.mjs';

const PLACEHOLDER = /%[psdifjo#$]|%%|\$#|\$[A-Za-z_][\w.]*/g;

/** A title of `each` as jest prints it for one row; `UNKNOWN` where the row does not say. */
export function expandTitle(title, row, index) {
  if (row === undefined) return title;
  let next = 0;
  return title.replace(PLACEHOLDER, (placeholder) => {
    if (placeholder === '%%') return '%';
    if (placeholder === '%#' || placeholder === '$#') return String(index);
    if (placeholder === '%$') return String(index + 1);
    if (placeholder.startsWith('$')) {
      const value = placeholder
        .slice(1)
        .split('.')
        .reduce((object, name) => object?.[name], row[0]);
      return typeof value === 'string' || typeof value === 'number' ? String(value) : UNKNOWN;
    }
    const value = row[next];
    next += 1;
    if (value === undefined || value === UNKNOWN || typeof value === 'object') return UNKNOWN;
    return placeholder === '%j' || (placeholder === '%p' && typeof value === 'string')
      ? JSON.stringify(value)
      : String(value);
  });
}
