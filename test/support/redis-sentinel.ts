import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './host.js';
import { REDIS_PASSWORD } from './redis-server.js';

export interface RedisSentinel {
  readonly port: number;
  dispose(): Promise<void>;
}

/** One sentinel that decides alone: half a second after the master is gone, another takes its place. */
export async function startSentinel(name: string, masterPort: number): Promise<RedisSentinel> {
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), 'flock-sentinel-'));
  const file = join(directory, 'sentinel.conf');
  writeFileSync(
    file,
    [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${directory}`,
      `sentinel monitor ${name} 127.0.0.1 ${masterPort} 1`,
      `sentinel auth-pass ${name} ${REDIS_PASSWORD}`,
      `sentinel down-after-milliseconds ${name} 500`,
      `sentinel failover-timeout ${name} 3000`,
      '',
    ].join('\n'),
  );
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' });
  return {
    port,
    dispose: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
