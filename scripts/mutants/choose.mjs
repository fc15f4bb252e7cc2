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
  const tried = mutants.filter(({ id }) => lastRun.has(id));
  const isKnown = ({ id, fingerprint }) => {
    const { verdict, fingerprint: last } = lastRun.get(id);
    return verdict === 'killed' && last === fingerprint;
  };
  const known = tried.filter(isKnown);
  return [
    ...neverTried(mutants, lastRun),
    ...tried.filter((one) => !isKnown(one)),
    ...known.filter((_, index) => index % 10 === turn % 10),
  ];
}

/** Those without a verdict, or with one of another state of code and tests. */
export const untried = (mutants, lastRun) =>
  mutants.filter(({ id, fingerprint }) => lastRun.get(id)?.fingerprint !== fingerprint);
