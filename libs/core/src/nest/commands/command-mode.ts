import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';

/**
 * The name of the command that the host's modules serve: no timers, no handlers, no checks of routes.
 * Absent where they serve the app itself.
 */
export const COMMAND_MODE = Symbol('nest-flock:command');

@Module({})
export class CommandMode {
  static of(command: string): DynamicModule {
    return {
      module: CommandMode,
      global: true,
      providers: [{ provide: COMMAND_MODE, useValue: command }],
      exports: [COMMAND_MODE],
    };
  }
}
