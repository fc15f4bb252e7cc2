import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import type { InstallHooks } from '@nest-flock/core';
import { FyndModule } from '@nest-flock/fynd';
import { ChannelsController } from './channels.controller.js';
import { ExtensionController } from './extension.controller.js';
import { LaunchController } from './launch.controller.js';

/** What is not given here comes from `FYND_*`. */
export type FyndSettings = NonNullable<Parameters<typeof FyndModule.forRoot>[0]>;

/** Fynd signs its people in, and what a company grants belongs to the company. */
const hooks: InstallHooks = {
  identify: ({ account }) => (account === undefined ? false : { owner: `company ${account}` }),
};

/** What this host does with Fynd: it is an extension. */
@Module({})
export class FyndFeature {
  static forRoot(settings: FyndSettings): DynamicModule {
    return {
      module: FyndFeature,
      imports: [FyndModule.forRoot({ ...settings, hooks })],
      controllers: [ChannelsController, LaunchController, ExtensionController],
    };
  }
}
