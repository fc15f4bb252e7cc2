export { FlintAdministrationModule } from './flint-administration.module.js';
export { FlintPartnerApps } from './flint.partner-apps.js';
export type { FlintWriteOptions } from './answer.js';
export type { FlintPage, FlintPageQuery } from './pages.js';
export type {
  FlintCreatedApp,
  FlintManifestPermission,
  FlintPartnerApp,
  FlintRotatedSecret,
} from './flint.partner-app.js';
export type { FlintPartnerAppInput, FlintPartnerAppPatch } from './flint.partner-app-input.js';
export type { FlintEnvironmentGrant, FlintPartnerInstall } from './flint.partner-install.js';
export type { FlintOfApp } from './partner-installs.js';
export type { FlintCreatedWebhook, FlintWebhook, FlintWebhookSecret } from './flint.webhook.js';
export type { FlintWebhookInput } from './flint.webhook-input.js';
export type { FlintRotateWebhookOptions } from './partner-webhooks.js';
export type { FlintWebhookRef } from './webhook-routes.js';
