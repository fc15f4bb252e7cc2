// A process that is asked by messages; everything it prints goes to a file.
import { fork } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';

export class Process {
  #waiting = new Map();
  #number = 0;
  /** Undefined while it lives. */
  ended;

  /** @param script a file of this folder */
  constructor(script, output) {
    const log = openSync(output, 'a');
    this.child = fork(join(process.cwd(), 'test', 'campaigns', 'soak', script), [], {
      stdio: ['ignore', log, log, 'ipc'],
      serialization: 'advanced',
      execArgv: [],
      env: { ...process.env, NO_COLOR: '1' },
    });
    closeSync(log);
    this.exited = new Promise((resolve) =>
      this.child.once('exit', (code, signal) => {
        this.ended = signal ?? code;
        for (const { reject } of this.#waiting.values()) {
          reject(new Error(`${script} ended (${this.ended}), see ${output}`));
        }
        this.#waiting.clear();
        resolve(this.ended);
      }),
    );
    this.child.on('message', ({ number, result, error }) => {
      const waiting = this.#waiting.get(number);
      this.#waiting.delete(number);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error));
    });
  }

  get pid() {
    return this.child.pid;
  }

  /** Rejects when it fails, or the process ends before it answers. */
  ask(command, value) {
    const number = (this.#number += 1);
    return new Promise((resolve, reject) => {
      if (this.ended !== undefined) return reject(new Error(`It has ended (${this.ended}).`));
      this.#waiting.set(number, { resolve, reject });
      this.child.send({ number, command, value }, (error) => {
        if (!error) return;
        this.#waiting.delete(number);
        reject(error);
      });
    });
  }

  signal(name) {
    this.child.kill(name);
  }

  async kill() {
    this.signal('SIGKILL');
    return this.exited;
  }
}
