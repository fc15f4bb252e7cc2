import { Body, Controller, Delete, HttpCode, Inject, Param, Post, UseGuards } from '@nestjs/common';
import { FlintPartnerApps } from '@nest-flock/flint/administration';
import type { FlintWebhookInput } from '@nest-flock/flint/administration';
import { HOST } from '../../host.js';
import type { Host } from '../../host.js';
import { OperatorGuard } from '../../operator/operator.guard.js';
import { webhookView } from './partner-app.view.js';
import type { WebhookView } from './partner-app.view.js';

type NewWebhook = Pick<FlintWebhookInput, 'sourceType' | 'eventTypes' | 'mode'>;

/** What an app with only one has in the place of an id. */
const THE_ONLY = 'only';

@Controller('operator/flint/apps/:app/webhooks')
@UseGuards(OperatorGuard)
export class FlintWebhooksController {
  constructor(
    private readonly partnerApps: FlintPartnerApps,
    @Inject(HOST) private readonly host: Host,
  ) {}

  /** Always to this host. Its secret goes into the store, and nobody is shown it. */
  @Post()
  async create(
    @Param('app') appId: string,
    @Body() body: NewWebhook,
  ): Promise<WebhookView & { stored: boolean; warnings: readonly string[] }> {
    const { sourceType, eventTypes, mode } = body ?? {};
    const created = await this.partnerApps.createWebhook({
      appId,
      url: `${this.host.url}/flint/webhooks`,
      sourceType,
      // Lifecycle events are of no mode; without types all of them are sent.
      ...(sourceType === 'installed_merchants' && { eventTypes, mode }),
    });
    return { ...webhookView(created), stored: created.stored, warnings: created.warnings };
  }

  @Delete(':webhook')
  @HttpCode(200)
  async delete(@Param('app') appId: string, @Param('webhook') id: string): Promise<object> {
    await this.partnerApps.deleteWebhook(id === THE_ONLY ? { appId } : { appId, webhookId: id });
    return {};
  }
}
