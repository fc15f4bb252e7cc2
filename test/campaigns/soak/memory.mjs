// Does memory grow without end? The last third of a run against the first.

const MB = 1_048_576;
/** Caches fill, code is compiled, a collection comes late. */
const SLACK_MB = 96;
const GROWTH = 1.5;
/** The sandbox keeps a record and the tokens of every call on purpose. */
const BYTES_A_CALL = 12_000;

/** @param samples `{ host, sandbox, calls }`, in the order of time */
export function judgeMemory(samples, row) {
  const third = Math.max(1, Math.floor(samples.length / 3));
  const [first, last] = [samples.slice(0, third), samples.slice(-third)];
  const calls = (last.at(-1)?.calls ?? 0) - (first[0]?.calls ?? 0);
  for (const [name, spare] of [
    ['host', 0],
    ['sandbox', calls * BYTES_A_CALL],
  ]) {
    const [before, after] = [first, last].map((part) => mean(part.map((one) => one[name])));
    const limit = before * GROWTH + SLACK_MB * MB + spare;
    const figure = `${megabytes(before)} at first, ${megabytes(after)} at last`;
    row(`memory of the ${name}`, figure, after > limit ? [`more than ${megabytes(limit)}`] : []);
  }
}

export const megabytes = (bytes) => `${Math.round(bytes / MB)} MB`;
const mean = (numbers) => numbers.reduce((sum, one) => sum + one, 0) / Math.max(1, numbers.length);
