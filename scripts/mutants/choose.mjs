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

/** Those whose code or tests are not as in the last run, then every tenth of the others, in turn. */
export function changedAndTenth(mutants, lastRun, turn) {
  const isKnown = ({ id, fingerprint }) => {
    const last = lastRun.get(id);
    return last?.verdict === 'killed' && last.fingerprint === fingerprint;
  };
  const known = mutants.filter(isKnown);
  return [
    ...mutants.filter((one) => !isKnown(one)),
    ...known.filter((_, index) => index % 10 === turn % 10),
  ];
}
