import 'reflect-metadata';
import { runFlockCommand } from '@nest-flock/core';
import { existsSync } from 'node:fs';
import { AppModule } from './app.module.js';
import { settingsFromEnvironment } from './providers.js';
import { configuredProviders } from './provider-names.js';

// npm run flock -- <command>: operators' commands, with this host's own modules and configuration.
if (existsSync('.env')) process.loadEnvFile('.env');
const providers = configuredProviders(process.env);
const host = { url: 'http://localhost', operator: { kind: 'closed' }, providers } as const;
await runFlockCommand(
  AppModule.forRoot(host, settingsFromEnvironment(providers)),
  process.argv.slice(2),
);
