// `npm run bench [name]`: each result is a ratio against a limit or a peer of the same run.
import { cpus } from 'node:os';

console.log(
  `Node ${process.version}, ${cpus().length} cores. Ratios are the result; times are illustration.`,
);
const wanted = process.argv[2];
for (const name of ['cached-get', 'refresh', 'webhook']) {
  if (wanted !== undefined && wanted !== name) continue;
  const { run } = await import(`./${name}.bench.mjs`);
  await run();
}
process.exit(0);
