import { Body, Controller, Get, Header, Inject, Param, Post, UseGuards } from '@nestjs/common';
import { FlintPartnerApps } from '@nest-flock/flint/administration';
import { HOST } from '../../host.js';
import type { Host } from '../../host.js';
import { OperatorGuard } from '../../operator/operator.guard.js';
import { PERMISSIONS } from './permissions.js';
import { appView, installView, webhookView } from './partner-app.view.js';
import type { AppView, InstallView, WebhookView } from './partner-app.view.js';

/** A page shows no more. */
const MOST = 50;

interface NewApp {
  readonly name?: string;
  readonly permissions?: readonly string[];
}

@Controller('operator/flint/apps')
@UseGuards(OperatorGuard)
export class PartnerAppsController {
  constructor(
    private readonly partnerApps: FlintPartnerApps,
    @Inject(HOST) private readonly host: Host,
  ) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  async list(): Promise<readonly AppView[]> {
    return (await this.partnerApps.listApps({ pageSize: MOST })).items.map(appView);
  }

  /** The one answer in which the client secret is; this host keeps it nowhere. */
  @Post()
  @Header('Cache-Control', 'no-store')
  async create(@Body() body: NewApp): Promise<{ app: AppView; clientSecret?: string }> {
    const wanted: readonly unknown[] = Array.isArray(body?.permissions) ? body.permissions : [];
    const { clientSecret, ...app } = await this.partnerApps.createApp({
      name: String(body?.name ?? ''),
      appType: 'server',
      visibility: 'private',
      redirectUris: [`${this.host.url}/flint/oauth/callback`],
      permissionManifest: PERMISSIONS.filter(({ permissionId }) => wanted.includes(permissionId)),
    });
    return {
      app: appView(app),
      ...(clientSecret !== undefined && { clientSecret: clientSecret.reveal() }),
    };
  }

  @Get(':id')
  @Header('Cache-Control', 'no-store')
  async show(
    @Param('id') id: string,
  ): Promise<{ app: AppView; webhooks: WebhookView[]; installs: InstallView[] }> {
    const [app, webhooks, installs] = await Promise.all([
      this.partnerApps.getApp(id),
      this.partnerApps.listWebhooks({ appId: id, pageSize: MOST }),
      this.partnerApps.listInstalls({ appId: id, pageSize: MOST }),
    ]);
    return {
      app: appView(app),
      webhooks: webhooks.items.map(webhookView),
      installs: installs.items.map(installView),
    };
  }

  /** Ends the install with all its grants; Flint tells us of it by webhook. */
  @Post(':id/installs/:install/revoke')
  async revoke(@Param('id') id: string, @Param('install') install: string): Promise<InstallView> {
    return installView(await this.partnerApps.revokeInstall(install, id));
  }
}
