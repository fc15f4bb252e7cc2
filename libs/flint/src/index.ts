export { FlintModule } from './flint.module.js';
export { FlintGuard } from './flint.guard.js';
export { FlintApi } from './flint.api.js';
export { FlintInstallService } from './flint.install.service.js';
export type { FlintInstallOptions } from './flint.install.service.js';
export type { FlintPreview, FlintPermission } from './flint.preview.js';
export { FlintPartnerApps } from './administration/flint.partner-apps.js';
export type { FlintWriteOptions } from './administration/answer.js';
export type { FlintPage, FlintPageQuery } from './administration/pages.js';
export type {
  FlintCreatedApp,
  FlintManifestPermission,
  FlintPartnerApp,
  FlintRotatedSecret,
} from './administration/flint.partner-app.js';
export type {
  FlintPartnerAppInput,
  FlintPartnerAppPatch,
} from './administration/flint.partner-app-input.js';
export type {
  FlintEnvironmentGrant,
  FlintPartnerInstall,
} from './administration/flint.partner-install.js';
export type { FlintOfApp } from './administration/partner-installs.js';
export type {
  FlintCreatedWebhook,
  FlintWebhook,
  FlintWebhookSecret,
} from './administration/flint.webhook.js';
export type { FlintWebhookInput } from './administration/flint.webhook-input.js';
export type { FlintRotateWebhookOptions } from './administration/partner-webhooks.js';
export type { FlintWebhookRef } from './administration/webhook-routes.js';
export { OnFlintEvent } from './on-flint-event.decorator.js';
export type {
  FlintEvent,
  FlintEventSource,
  FlintEventType,
  FlintInstallEvent,
} from './flint.event.js';
