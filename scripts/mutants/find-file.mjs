/**
 * The one path that ends with `name`, of whole segments. Mutants name files like this, so that a move
 * of a file changes none of them.
 */
export function findFile(paths, name) {
  const found = paths.filter((path) => path === name || path.endsWith(`/${name}`));
  if (found.length === 1) return found[0];
  throw new Error(
    found.length === 0
      ? `there is no file ${name}`
      : `${name} may be ${found.join(' or ')}: write more of its path`,
  );
}
