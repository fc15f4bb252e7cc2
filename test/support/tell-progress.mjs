import { relative } from 'node:path';

const EVERY_MS = 30_000;

/** Where jest does not show what runs, for want of a terminal: a line every 30 s says so. */
export default class TellProgress {
  #root;
  #started = performance.now();
  #running = new Map();
  #done = 0;
  #timer;

  constructor({ rootDir }) {
    this.#root = rootDir;
  }

  onRunStart({ numTotalTestSuites }) {
    if (process.stdout.isTTY && process.env.CI !== 'true') return;
    this.#timer = setInterval(() => this.#tell(numTotalTestSuites), EVERY_MS);
  }

  onTestFileStart({ path }) {
    this.#running.set(path, performance.now());
  }

  onTestFileResult({ path }) {
    this.#running.delete(path);
    this.#done += 1;
  }

  onRunComplete() {
    clearInterval(this.#timer);
  }

  #tell(all) {
    const running = [...this.#running].map(
      ([path, since]) => `${relative(this.#root, path)} (${secondsSince(since)} s)`,
    );
    process.stderr.write(
      `${secondsSince(this.#started)} s: ${this.#done} of ${all} suites done, running ${running.join(', ')}\n`,
    );
  }
}

const secondsSince = (time) => Math.round((performance.now() - time) / 1_000);
