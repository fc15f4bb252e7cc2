import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Pure files, whose mutants Stryker makes and their own specs kill: one entry each, by the list in
 * stryker.config.mjs.
 */
export async function readPureFiles(root, files) {
  const config = join(root, 'stryker.config.mjs');
  if (!existsSync(config)) return [];
  const { default: stryker } = await import(pathToFileURL(config).href);
  return stryker.mutate.map((pattern) => {
    const name = pattern.replace(/^.*\*\*/, '');
    const file = files.find((path) => path.endsWith(name));
    if (file === undefined) throw new Error(`stryker.config.mjs: there is no file ${pattern}`);
    const spec = file.replace(/\.ts$/, '.spec.ts');
    const texts = [file, spec].map((path) => readFileSync(join(root, path), 'utf8'));
    const fingerprint = createHash('sha256').update(texts.join('\0')).digest('hex').slice(0, 16);
    return { id: `pure-${basename(file, '.ts')}`, row: 'pure', file, pure: true, fingerprint };
  });
}

/** Runs Stryker on one of them. */
export async function tryPureFile(root, { file }) {
  const stryker = join(root, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');
  const child = spawn(process.execPath, [stryker, 'run', '--mutate', file], { cwd: root });
  let said = '';
  child.stdout.on('data', (data) => (said += data));
  child.stderr.on('data', (data) => (said += data));
  const code = await new Promise((resolve) => child.on('close', resolve));
  const alive = said.split('\n').filter((line) => /^\[(Survived|NoCoverage)\]/.test(line)).length;
  if (code === 0) return { verdict: 'killed' };
  return alive > 0
    ? { verdict: 'SURVIVED', why: `${alive} mutants of ${file}:\n${said}` }
    : { verdict: 'ERROR', why: said.slice(-2_000) };
}
