// What a host's src/flock.ts is, with the settings of a test: settings, then the command line.
import 'reflect-metadata';
import { runFlockCommand } from '@nest-flock/core';
import { hostModule } from './host-module.mjs';

const [settings, ...argv] = process.argv.slice(2);
await runFlockCommand(await hostModule(JSON.parse(settings)), argv);
