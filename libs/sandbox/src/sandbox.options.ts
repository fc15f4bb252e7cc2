import type { FlintSandboxOptions } from './flint/flint-sandbox.options.js';

/** How a sandbox is started. */
export interface SandboxOptions {
  /** The providers to emulate. Default: all there are. */
  readonly providers?: readonly 'flint'[];
  /** Default 0: any free port. */
  readonly port?: number;
  /** The interface to listen on. Default `127.0.0.1`; the control routes answer loopback names only. */
  readonly host?: string;
  /** How the emulated Flint is set up. */
  readonly flint?: Partial<FlintSandboxOptions>;
}
