import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** Longer than any suite: only a mutant that never ends meets it. */
const HUNG_MS = 300_000;

/**
 * A copy of the project in a folder below it, so that packages are found above it: only the product's
 * own are linked anew.
 */
export class Workspace {
  constructor(root, files, number) {
    this.folder = join(root, '.mutants', String(number));
    rmSync(this.folder, { recursive: true, force: true });
    const libs = [
      ...new Set(files.map((file) => /^libs\/[^/]+(?=\/src\/)/.exec(file)?.[0]).filter(Boolean)),
    ];
    const built = ['dist', ...libs.map((lib) => `${lib}/dist`)].filter((path) =>
      existsSync(join(root, path)),
    );
    for (const file of [...files, ...built]) {
      cpSync(join(root, file), join(this.folder, file), { recursive: true });
    }
    mkdirSync(join(this.folder, 'node_modules', '@nest-flock'), { recursive: true });
    for (const lib of libs) {
      const name = lib.slice('libs/'.length);
      symlinkSync(`../../${lib}`, join(this.folder, 'node_modules', '@nest-flock', name));
    }
    this.jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  }

  /** Runs `work` with the texts in place, and puts back what was there. */
  async with(texts, work) {
    const before = Object.keys(texts).map((file) => {
      const path = join(this.folder, file);
      return [path, existsSync(path) ? readFileSync(path) : undefined];
    });
    for (const [file, text] of Object.entries(texts)) {
      mkdirSync(dirname(join(this.folder, file)), { recursive: true });
      writeFileSync(join(this.folder, file), text);
    }
    try {
      return await work();
    } finally {
      for (const [path, text] of before) {
        if (text === undefined) rmSync(path);
        else writeFileSync(path, text);
      }
    }
  }

  /** Jest's report of the tests of these suites whose names fit, and what it printed. */
  async test(suites, pattern, environment) {
    const report = join(this.folder, 'reports', 'mutant.json');
    mkdirSync(dirname(report), { recursive: true });
    rmSync(report, { force: true });
    const args = ['--runTestsByPath', ...suites, '-t', pattern, '--json', `--outputFile=${report}`];
    const child = spawn(process.execPath, [this.jest, ...args, '--runInBand', '--forceExit'], {
      cwd: this.folder,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    let said = '';
    child.stderr.on('data', (data) => (said += data));
    let hung = false;
    const timer = setTimeout(() => {
      hung = true;
      process.kill(-child.pid, 'SIGKILL');
    }, HUNG_MS);
    await new Promise((resolve) => child.on('close', resolve));
    clearTimeout(timer);
    if (hung) return { error: `it did not end within ${HUNG_MS / 1_000} s` };
    if (!existsSync(report)) return { error: `jest made no report: ${said.slice(-2_000)}` };
    const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
    return { testResults, said };
  }
}
