import { SchedulerRegistry } from '@nestjs/schedule';
import type { Host } from './host.js';

/** Ends what an instance does of its own accord, so that something else must explain what follows. */
export const withoutTimer = ({ app }: Pick<Host, 'app'>, name: string): void =>
  app.get(SchedulerRegistry, { strict: false }).deleteInterval(`nest-flock:${name}`);
