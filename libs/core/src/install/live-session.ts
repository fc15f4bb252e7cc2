import { Injectable } from '@nestjs/common';
import { ConnectionStatusService } from '../connection/connection-status.service.js';
import type { HttpRequest } from '../foundation/http/request.js';
import type { InstallRequest } from '../provider/install-definition.js';
import type { RegisteredApp } from '../provider/registered-app.js';
import { SessionService } from './session/session.service.js';
import { cookieScope } from './install-app.js';

/** Finds what a browser is connected with already, where that may spare it the flow. */
@Injectable()
export class LiveSession {
  constructor(
    private readonly sessions: SessionService,
    private readonly status: ConnectionStatusService,
  ) {}

  /** Whether this browser holds a live connection that the definition takes for the same. */
  async covers(app: RegisteredApp, asked: InstallRequest, request: HttpRequest): Promise<boolean> {
    const { install } = app.definition;
    if (install?.reusable === undefined) return false;
    const session = this.sessions.read(request, cookieScope(app));
    if (session === undefined) return false;
    if (app.hooks.user !== undefined && (await app.hooks.user(request)) !== session.user)
      return false;
    for (const { id, epoch } of session.connections) {
      const entry = await this.status.find(id).catch(() => undefined);
      const { connection } = entry ?? {};
      const ours = connection?.provider === app.provider && connection.app === app.name;
      const alive = entry?.accessToken !== undefined && entry.usableUntil > performance.now();
      if (!ours || !alive || entry.sessionEpoch !== epoch) continue;
      if (install.reusable(connection, { request: asked, options: app.options })) return true;
    }
    return false;
  }
}
