// `npm run bench [name|all]`: each result is a ratio against a limit or a peer of the same run.
import { cpus } from 'node:os';

console.log(
  `Node ${process.version}, ${cpus().length} cores. Ratios are the result; times are illustration.`,
);
/** Those that take minutes run by their name, or with `all`. */
const USUAL = ['cached-get', 'refresh', 'webhook', 'coherence', 'hints'];
const LONG = ['claim', 'drain', 'million'];
const ALL = [...USUAL, ...LONG];
const wanted = process.argv[2];
const names = wanted === undefined ? USUAL : ALL.filter((name) => [name, 'all'].includes(wanted));
if (names.length === 0) {
  console.error(`There is no bench "${wanted}"; expected all, or one of ${ALL.join(', ')}.`);
  process.exit(2);
}
for (const name of names) {
  const { run } = await import(`./${name}.bench.mjs`);
  await run();
}
process.exit(0);
