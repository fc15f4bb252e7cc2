// Builds every library twice (ESM by project references, then CommonJS) and the host app.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const run = (...args) =>
  execFileSync(process.execPath, [tsc, ...args], { cwd: root, stdio: 'inherit' });

const libs = readdirSync(join(root, 'libs')).filter((lib) =>
  existsSync(join(root, 'libs', lib, 'tsconfig.json')),
);

try {
  run('-b', ...libs.map((lib) => `libs/${lib}`));
  for (const lib of libs) {
    run('-p', `libs/${lib}/tsconfig.cjs.json`);
    writeFileSync(
      join(root, 'libs', lib, 'dist', 'cjs', 'package.json'),
      '{ "type": "commonjs" }\n',
    );
  }
  if (existsSync(join(root, 'src', 'main.ts'))) run('-b', 'tsconfig.build.json');
} catch (error) {
  process.exit(error.status ?? 1);
}
