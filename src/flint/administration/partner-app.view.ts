import type {
  FlintPartnerApp,
  FlintPartnerInstall,
  FlintWebhook,
} from '@nest-flock/flint/administration';

/** What the operator's page shows of a partner app; there is no secret in it. */
export interface AppView {
  readonly id: string;
  readonly name: string;
  readonly clientId: string;
  readonly status: string;
  readonly permissions: readonly string[];
  readonly redirectUris: readonly string[];
}

export interface WebhookView {
  /** Absent where an app has but one. */
  readonly id?: string;
  readonly source: string;
  readonly mode: string;
  readonly url: string;
  /** Empty: all of the source. */
  readonly events: readonly string[];
  readonly enabled: boolean;
}

export interface InstallView {
  readonly id: string;
  readonly merchant: string;
  readonly status: string;
  readonly scopes: readonly string[];
  readonly grants: readonly { readonly mode: string; readonly status: string }[];
}

export const appView = (app: FlintPartnerApp): AppView => ({
  id: app.partnerAppId,
  name: app.name,
  clientId: app.clientId,
  status: app.status,
  permissions: app.permissionManifest.map(({ permissionId }) => permissionId),
  redirectUris: app.redirectUris,
});

export const webhookView = (webhook: FlintWebhook): WebhookView => ({
  ...(webhook.webhookId !== undefined && { id: webhook.webhookId }),
  source: webhook.sourceType,
  mode: webhook.mode,
  url: webhook.url,
  events: webhook.eventTypes,
  enabled: webhook.enabled,
});

export const installView = (install: FlintPartnerInstall): InstallView => ({
  id: install.partnerAppInstallId,
  merchant: install.merchantId,
  status: install.status,
  scopes: install.grantedScopes,
  grants: install.environmentGrants.map(({ mode, status }) => ({ mode, status })),
});
