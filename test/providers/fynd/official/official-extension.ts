import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort } from '../../../support/host.js';

/** An entry as the official library wrote it to its storage. */
export interface Stored {
  readonly key: string;
  readonly value: Record<string, unknown>;
  /** Seconds; absent when it is kept for ever. */
  readonly ttl?: number;
}

export interface OfficialExtension {
  readonly url: string;
  /** Everything that the process wrote. */
  output(): string;
  json<T>(path: string, init?: RequestInit): Promise<{ status: number; body: T }>;
  stop(): Promise<void>;
}

export interface OfficialSettings {
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly cluster: string;
  readonly scopes: readonly string[];
  /** Called with the URL before the extension starts. */
  readonly register: (url: string) => void;
}

/** An extension by the official library, unchanged, in a process of its own. */
export async function startOfficialExtension({
  register,
  ...settings
}: OfficialSettings): Promise<OfficialExtension> {
  const port = await freePort();
  // The library refuses `localhost` as no URL.
  const url = `http://127.0.0.1:${port}`;
  register(url);
  const child = fork(
    join(process.cwd(), 'test', 'providers', 'fynd', 'official', 'extension.cjs'),
    [JSON.stringify({ ...settings, baseUrl: url, port })],
    { silent: true },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const exited = once(child, 'exit');
  // Its output may come after its end. (After a disconnect from here there is no `close`.)
  const closed = once(child, 'close');
  const [message] = (await Promise.race([
    once(child, 'message'),
    closed.then(() => [{ failed: 'it ended' }]),
  ])) as [{ failed?: string }];
  if (message.failed !== undefined) {
    await closed;
    throw new Error(`The official extension did not start: ${message.failed}\n${output}`);
  }
  return {
    url,
    output: () => output,
    json: async <T>(path: string, init?: RequestInit) => {
      const response = await fetch(new URL(path, url), init);
      return { status: response.status, body: (await response.json()) as T };
    },
    stop: async () => {
      child.disconnect();
      await exited;
    },
  };
}
