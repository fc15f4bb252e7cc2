import { FaultList } from './faults/fault-list.js';
import { FlintEmulator } from './flint/flint-emulator.js';
import { FlintSandbox } from './flint/flint-sandbox.js';
import { SandboxError } from './sandbox-error.js';
import type { SandboxOptions } from './sandbox.options.js';
import { Control } from './server/control.js';
import type { Emulator } from './server/emulator.js';
import { homePage } from './server/home-page.js';
import { SandboxServer } from './server/sandbox-server.js';

/**
 * Emulated payment platforms on one local HTTP server, with faults on demand.
 *
 * Everything lives in memory and is gone after `stop()`.
 */
export class Sandbox {
  /** Where it listens, e.g. `http://127.0.0.1:4010`. */
  readonly url: string;
  /** What goes wrong, and with which requests. */
  readonly faults: FaultList;
  /** The emulated Flint. */
  readonly flint: FlintSandbox;
  private readonly emulators: readonly Emulator[];

  private constructor(
    private readonly server: SandboxServer,
    url: string,
    faults: FaultList,
    flint: FlintSandbox,
  ) {
    this.url = url;
    this.faults = faults;
    this.flint = flint;
    const emulator = new FlintEmulator(flint.world, flint);
    flint.url = `${url}${emulator.mount}`;
    this.emulators = [emulator];
    server.serve({
      emulators: this.emulators,
      control: new Control(this, this.emulators),
      home: () => homePage(url, this.emulators, faults),
    });
  }

  /**
   * Starts a sandbox.
   *
   * @throws SandboxError when `NODE_ENV` is `production`, a provider is unknown, or the port is taken
   */
  static async start(options: SandboxOptions = {}): Promise<Sandbox> {
    if (process.env['NODE_ENV'] === 'production') {
      throw new SandboxError(
        'The sandbox emulates payment platforms and must not run with NODE_ENV=production.',
      );
    }
    const unknown = options.providers?.find((provider) => provider !== 'flint');
    if (unknown !== undefined) {
      throw new SandboxError(`There is no emulated provider "${String(unknown)}"; known: flint.`);
    }
    const faults = new FaultList();
    const flint = new FlintSandbox(options.flint ?? {}, faults);
    const server = new SandboxServer();
    const url = await server.listen(options.port ?? 0, options.host ?? '127.0.0.1');
    return new Sandbox(server, url, faults, flint);
  }

  /** Forgets records, violations and faults. Apps, merchants, grants, tokens and settings stay. */
  reset(): void {
    this.faults.clear();
    for (const emulator of this.emulators) emulator.reset();
  }

  /** Stops listening and closes every socket at once. */
  async stop(): Promise<void> {
    await this.server.close();
    this.faults.clear();
  }
}
