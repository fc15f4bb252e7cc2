import { Injectable, Logger } from '@nestjs/common';
import type { Connection } from '../provider/connection.js';
import type { RegisteredApp } from '../provider/registered-app.js';

/** Tells the host of a finished install. Its failure is its own: the connection stands. */
@Injectable()
export class InstalledHooks {
  private readonly logger = new Logger('NestFlock');

  async run(app: RegisteredApp, connection: Connection, context: unknown): Promise<void> {
    try {
      await app.hooks.installed?.(connection, context);
    } catch {
      this.logger.error(
        `The "installed" hook of ${app.definition.title} failed for connection ${connection.id}; the install itself is done.`,
      );
    }
  }
}
