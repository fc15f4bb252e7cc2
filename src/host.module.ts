import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { HOST } from './host.js';
import type { Host } from './host.js';

/** Gives every controller what this host is. */
@Module({})
export class HostModule {
  static forRoot(host: Host): DynamicModule {
    return {
      module: HostModule,
      global: true,
      providers: [{ provide: HOST, useValue: host }],
      exports: [HOST],
    };
  }
}
