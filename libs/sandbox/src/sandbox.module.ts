import { Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { Sandbox } from './sandbox.js';
import type { SandboxOptions } from './sandbox.options.js';

/** Starts a sandbox with the Nest app and stops it with it; inject `Sandbox` to reach it. */
@Module({})
export class SandboxModule implements OnApplicationShutdown {
  constructor(private readonly sandbox: Sandbox) {}

  static forRoot(options: SandboxOptions = {}): DynamicModule {
    return {
      module: SandboxModule,
      global: true,
      providers: [{ provide: Sandbox, useFactory: () => Sandbox.start(options) }],
      exports: [Sandbox],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.sandbox.stop();
  }
}
