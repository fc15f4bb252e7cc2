import { FaultList } from './faults/fault-list.js';
import { FlexPayEmulator } from './flex-pay/flex-pay-emulator.js';
import { FlexPaySandbox } from './flex-pay/flex-pay-sandbox.js';
import { FlinksPayEmulator } from './flinks-pay/flinks-pay-emulator.js';
import { FlinksPaySandbox } from './flinks-pay/flinks-pay-sandbox.js';
import { FlintEmulator } from './flint/flint-emulator.js';
import { FlintSandbox } from './flint/flint-sandbox.js';
import { FluteEmulator } from './flute/flute-emulator.js';
import { FluteSandbox } from './flute/flute-sandbox.js';
import { FyndEmulator } from './fynd/fynd-emulator.js';
import { FyndSandbox } from './fynd/fynd-sandbox.js';
import { SandboxError } from './sandbox-error.js';
import { SANDBOX_PROVIDERS, type SandboxOptions } from './sandbox.options.js';
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
  /** What goes wrong, and with which requests. */
  readonly faults = new FaultList();
  /** The emulated Flint. */
  readonly flint: FlintSandbox;
  /** The emulated FlinksPay. */
  readonly flinksPay: FlinksPaySandbox;
  /** The emulated Fynd. */
  readonly fynd: FyndSandbox;
  /** The emulated Flute. */
  readonly flute: FluteSandbox;
  /** The emulated Flex Pay. */
  readonly flexPay: FlexPaySandbox;
  private readonly emulators: readonly Emulator[];

  private constructor(
    private readonly server: SandboxServer,
    /** Where it listens, e.g. `http://127.0.0.1:4010`. */
    readonly url: string,
    options: SandboxOptions,
  ) {
    const { faults } = this;
    this.flint = new FlintSandbox(options.flint ?? {}, faults);
    this.flinksPay = new FlinksPaySandbox(options.flinksPay ?? {}, faults);
    this.fynd = new FyndSandbox(options.fynd ?? {}, faults);
    this.flute = new FluteSandbox(options.flute ?? {}, faults);
    this.flexPay = new FlexPaySandbox(options.flexPay ?? {}, faults);
    for (const [mount, sandbox] of [
      ['flint', this.flint],
      ['flinks-pay', this.flinksPay],
      ['fynd', this.fynd],
      ['flute', this.flute],
      ['flex-pay', this.flexPay],
    ] as const) {
      sandbox.url = `${url}/${mount}`;
    }
    const wanted = new Set<string>(options.providers ?? SANDBOX_PROVIDERS);
    this.emulators = [
      new FlintEmulator(this.flint.world, this.flint),
      new FlinksPayEmulator(this.flinksPay),
      new FyndEmulator(this.fynd),
      new FluteEmulator(this.flute),
      new FlexPayEmulator(this.flexPay),
    ].filter(({ provider }) => wanted.has(provider));
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
    const unknown = options.providers?.find((provider) => !SANDBOX_PROVIDERS.includes(provider));
    if (unknown !== undefined) {
      throw new SandboxError(
        `There is no emulated provider "${String(unknown)}"; known: ${SANDBOX_PROVIDERS.join(', ')}.`,
      );
    }
    const server = new SandboxServer();
    const url = await server.listen(options.port ?? 0, options.host ?? '127.0.0.1');
    try {
      return new Sandbox(server, url, options);
    } catch (error) {
      // Options that make no sense must not leave a listening socket behind.
      await server.close();
      throw error;
    }
  }

  /** Forgets records, violations and faults. Apps, merchants, grants, tokens and settings stay. */
  reset(): void {
    this.faults.clear();
    for (const emulator of this.emulators) emulator.reset();
  }

  /** Stops listening and closes every socket at once; webhooks under way are cut, due ones given up. */
  async stop(): Promise<void> {
    for (const { webhooks } of [this.flint, this.flinksPay, this.fynd, this.flute]) webhooks.stop();
    await this.server.close();
    this.faults.clear();
  }
}
