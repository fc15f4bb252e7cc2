import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of its own that a test may fill to the last byte. */
export interface SmallDisk {
  readonly path: string;
  fill(): void;
  makeRoom(): void;
  remove(): void;
}

const asRoot = (command: string, ...args: string[]) => {
  const isRoot = process.getuid?.() === 0;
  execFileSync(isRoot ? command : 'sudo', isRoot ? args : ['-n', command, ...args], {
    stdio: 'pipe',
  });
};

/** @throws where nobody may mount, such as in a container without CAP_SYS_ADMIN */
export function smallDisk(megabytes: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'flock-disk-'));
  try {
    asRoot('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0777`, 'tmpfs', path);
  } catch (error) {
    rmSync(path, { recursive: true });
    throw error;
  }
  const filler = join(path, 'filler');
  return {
    path,
    fill: () => {
      const handle = openSync(filler, 'a');
      try {
        for (let block = 65_536; block >= 1; block = Math.floor(block / 2)) {
          try {
            for (;;) if (writeSync(handle, Buffer.alloc(block)) < block) break;
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
          }
        }
      } finally {
        closeSync(handle);
      }
    },
    makeRoom: () => rmSync(filler, { force: true }),
    remove: () => {
      asRoot('umount', '-l', path);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Whether this machine lets us have one. */
export function hasSmallDisks(): boolean {
  try {
    smallDisk(1).remove();
    return true;
  } catch {
    return false;
  }
}
