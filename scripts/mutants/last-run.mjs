import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const LINE = /^(killed|SURVIVED|ERROR) +(\S+) +([0-9a-f]{16})$/;

/** What the committed run says: of each mutant its verdict and the fingerprint of what was tried. */
export function readLastRun(path) {
  if (!existsSync(path)) return new Map();
  const lines = readFileSync(path, 'utf8').split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [, verdict, id, fingerprint] = LINE.exec(line) ?? [];
      return id === undefined ? [] : [[id, { verdict, fingerprint }]];
    }),
  );
}

/** Keeps what was not tried this time, in the order of the mutants. */
export function writeLastRun(path, mutants, results) {
  const before = readLastRun(path);
  const known = mutants.flatMap(({ id }) => {
    const result = results.get(id) ?? before.get(id);
    return result === undefined ? [] : [{ id, ...result }];
  });
  const count = (wanted) => known.filter(({ verdict }) => verdict === wanted).length;
  const width = Math.max(...known.map(({ id }) => id.length));
  const lines = known.map(
    ({ id, verdict, fingerprint }) => `${verdict.padEnd(8)} ${id.padEnd(width)} ${fingerprint}`,
  );
  const sum = `${known.length} mutants: ${count('killed')} killed, ${count('SURVIVED')} survived, ${count('ERROR')} errors`;
  writeFileSync(path, `${[...lines, '', sum].join('\n')}\n`);
}
