import { Injectable } from '@nestjs/common';
import { FlockError } from '@nest-flock/core';
import type { HttpRequest } from '@nest-flock/core';
import { FlintHandle } from './flint.definition.js';
import { readPreview } from './flint.preview.js';
import type { FlintPreview } from './flint.preview.js';

export interface FlintInstallOptions {
  /** Default: the only registered Flint app. */
  readonly app?: string;
  readonly mode: 'test' | 'live';
  readonly permissionIds?: readonly string[];
}

/** The install flow for hosts that want their own pages or controller. */
@Injectable()
export class FlintInstallService {
  constructor(private readonly flint: FlintHandle) {}

  /**
   * Starts an install from the query of `request` (see the install route) and returns where to send
   * the browser, with the `Set-Cookie` values that bind the attempt to it.
   * @throws FlockError `install_invalid_request`, `install_refused`
   */
  begin(request: HttpRequest, app?: string): Promise<{ location: string; cookies: string[] }> {
    return this.flint.installs.authorizationUrl(this.flint.app(app), request);
  }

  /**
   * What Flint would ask the merchant for; nothing is started.
   * Source: install guide, "Preview before redirecting".
   * @throws FlockError `provider_refused` when Flint refuses the request, `provider_unavailable`
   */
  async preview(options: FlintInstallOptions): Promise<FlintPreview> {
    const app = this.flint.app(options.app);
    const { authorize } = app.endpoints({ environment: options.mode });
    const url = new URL(`${authorize ?? ''}/preview`);
    const parameters = {
      response_type: 'code',
      client_id: app.clientId(options.mode),
      redirect_uri: app.redirectUri ?? '',
      mode: options.mode,
      state: 'preview',
      ...(options.permissionIds !== undefined && {
        permission_ids: options.permissionIds.join(','),
      }),
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    const answer = await this.flint.clients.open(app, options.mode, url.href);
    const preview = readPreview(answer, options.mode);
    if (preview !== undefined) return preview;
    throw new FlockError('provider_unavailable', 'Flint answered the preview in an unknown shape.');
  }
}
