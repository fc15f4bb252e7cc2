import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type KmsBehaviour = 'right' | 'wrong' | 'short' | 'slow' | 'down';

/** A key management system in another process, and the file of the keys that it wrapped. */
export interface Kms {
  readonly url: string;
  /** Wraps keys and puts them into the file, newest first. */
  publish(file: string, keys: readonly { id: string; key: Buffer }[]): Promise<void>;
  behave(behaviour: KmsBehaviour): Promise<void>;
  /** Times it was asked. */
  asked(): Promise<number>;
  stop(): Promise<void>;
}

export async function startKms(): Promise<Kms> {
  const child = fork(join(process.cwd(), 'test', 'support', 'kms-process.mjs'));
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const ask = async (message: object) => {
    child.send(message);
    const [answer] = (await once(child, 'message')) as [{ wrapped: string[]; unwrapped: number }];
    return answer;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    publish: async (file, keys) => {
      const { wrapped } = await ask({ wrap: keys.map(({ key }) => key.toString('base64')) });
      const entries = keys.map(({ id }, index) => ({ id, key: wrapped[index] }));
      writeFileSync(file, JSON.stringify(entries));
    },
    behave: async (behave) => void (await ask({ behave })),
    asked: async () => (await ask({})).unwrapped,
    stop: async () => {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
