import type { FlexPaySandbox } from './flex-pay/flex-pay-sandbox.js';
import type { FlinksPaySandbox } from './flinks-pay/flinks-pay-sandbox.js';
import type { FlintSandboxOptions } from './flint/flint-sandbox.options.js';
import type { FluteSandbox } from './flute/flute-sandbox.js';
import type { FyndSandbox } from './fynd/fynd-sandbox.js';

/** The providers that can be emulated. */
export const SANDBOX_PROVIDERS = ['flint', 'flinks-pay', 'fynd', 'flute', 'flex-pay'] as const;
export type SandboxProvider = (typeof SANDBOX_PROVIDERS)[number];

/** How a sandbox is started. */
export interface SandboxOptions {
  /** The providers to emulate. Default: all there are. */
  readonly providers?: readonly SandboxProvider[];
  /** Default 0: any free port. */
  readonly port?: number;
  /** The interface to listen on. Default `127.0.0.1`; the control routes answer loopback names only. */
  readonly host?: string;
  /** How the emulated Flint is set up. */
  readonly flint?: Partial<FlintSandboxOptions>;
  /** How the emulated FlinksPay is set up. */
  readonly flinksPay?: ConstructorParameters<typeof FlinksPaySandbox>[0];
  /** How the emulated Fynd is set up. */
  readonly fynd?: ConstructorParameters<typeof FyndSandbox>[0];
  /** How the emulated Flute is set up. */
  readonly flute?: ConstructorParameters<typeof FluteSandbox>[0];
  /** How the emulated Flex Pay is set up. */
  readonly flexPay?: ConstructorParameters<typeof FlexPaySandbox>[0];
}
