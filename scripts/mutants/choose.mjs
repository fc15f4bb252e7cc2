/** The mutants of these rows, or with these beginnings of ids; all without any. */
export function chosen(mutants, words) {
  for (const word of words) {
    if (!mutants.some((one) => isMeant(one, word))) throw new Error(`no mutant is called ${word}`);
  }
  return words.length === 0
    ? mutants
    : mutants.filter((one) => words.some((word) => isMeant(one, word)));
}

const isMeant = ({ id, row }, word) => row === word || id === word;

/** What no run has tried yet. */
export const neverTried = (mutants, lastRun) => mutants.filter(({ id }) => !lastRun.has(id));

/**
 * What no run has tried yet, then those whose code or tests are not as in the last run, then every tenth
 * of the others, in turn.
 */
export function changedAndTenth(mutants, lastRun, turn) {
  const never = neverTried(mutants, lastRun);
  const open = untried(mutants, lastRun);
  const known = mutants.filter((one) => !open.includes(one));
  return [
    ...never,
    ...open.filter((one) => !never.includes(one)),
    ...known.filter((_, index) => index % 10 === turn % 10),
  ];
}

/** Those that no run has killed as they and their tests are now. */
export const untried = (mutants, lastRun) =>
  mutants.filter(({ id, fingerprint }) => {
    const last = lastRun.get(id);
    return last?.verdict !== 'killed' || last.fingerprint !== fingerprint;
  });
