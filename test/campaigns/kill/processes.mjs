// Starts victims, talks to them, and reads what they left behind.
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One victim process. It has loaded its code when `loaded` resolves, and touches nothing before `start()`. */
export class Victim {
  constructor() {
    this.child = fork(join(process.cwd(), 'test', 'campaigns', 'kill', 'victim.mjs'), [], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
      execArgv: [],
    });
    this.waiting = new Map();
    this.number = 0;
    this.errors = '';
    this.child.stderr.on('data', (text) => (this.errors += text));
    this.loaded = new Promise((resolve) => (this.markLoaded = resolve));
    this.exited = new Promise((resolve) =>
      this.child.once('exit', (code, signal) => {
        this.markLoaded();
        for (const { reject } of this.waiting.values()) {
          reject(new Error(`The victim ended (${signal ?? code}). ${this.errors.slice(0, 2_000)}`));
        }
        this.waiting.clear();
        resolve(signal ?? code);
      }),
    );
    this.child.on('message', ({ loaded, number, result, error }) => {
      if (loaded) return this.markLoaded();
      const { resolve, reject } = this.waiting.get(number);
      this.waiting.delete(number);
      if (error === undefined) resolve(result);
      else reject(new Error(error));
    });
  }

  get pid() {
    return this.child.pid;
  }

  async start(config) {
    this.stepLog = config.stepLog ?? join(config.dataDir, `steps-${randomUUID()}.log`);
    await this.loaded;
    await this.ask('start', { ...config, stepLog: this.stepLog });
    return this;
  }

  ask(command, value) {
    const number = (this.number += 1);
    return new Promise((resolve, reject) => {
      this.waiting.set(number, { resolve, reject });
      this.child.send({ number, command, value }, (error) => {
        if (error) reject(error);
      });
    });
  }

  /** As `kill -9` from outside. */
  async kill() {
    this.child.kill('SIGKILL');
    return this.exited;
  }

  /** An orderly end. */
  async stop() {
    await this.ask('stop');
    this.child.disconnect();
    await this.exited;
  }

  /** The steps it took, up to its last instant. */
  steps() {
    if (this.stepLog === undefined || !existsSync(this.stepLog)) return [];
    const lines = readFileSync(this.stepLog, 'utf8').split('\n');
    return lines.filter(Boolean).map((line) => {
      const [step, connectionId, attemptId] = line.split(' ');
      return { step, connectionId, attemptId };
    });
  }
}
