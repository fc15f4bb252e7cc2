import { Injectable } from '@nestjs/common';
import { FlintHandle } from '../flint.definition.js';
import type { FlintWriteOptions } from './answer.js';
import { developerOf } from './developer.js';
import type { FlintDeveloper } from './developer.js';
import type { FlintCreatedApp, FlintPartnerApp, FlintRotatedSecret } from './flint.partner-app.js';
import type { FlintPartnerAppInput, FlintPartnerAppPatch } from './flint.partner-app-input.js';
import type { FlintPartnerInstall } from './flint.partner-install.js';
import type { FlintCreatedWebhook, FlintWebhook, FlintWebhookSecret } from './flint.webhook.js';
import type { FlintWebhookInput } from './flint.webhook-input.js';
import { everyItem } from './pages.js';
import type { FlintPage, FlintPageQuery } from './pages.js';
import * as apps from './partner-apps.js';
import * as installs from './partner-installs.js';
import type { FlintOfApp } from './partner-installs.js';
import * as webhooks from './partner-webhooks.js';
import type { FlintRotateWebhookOptions } from './partner-webhooks.js';
import type { FlintWebhookRef } from './webhook-routes.js';

/**
 * Administers partner apps, their installs and their webhooks with the developer key of the
 * configuration (`developerKey`). Where a call takes the id of a partner app, the default is
 * `partnerAppId` of the configuration.
 *
 * Every call throws FlockError: `configuration_invalid` without a developer key, `invalid_request`
 * that names the field, `app_credentials_rejected` when Flint does not accept the key,
 * `insufficient_scope` when it lacks a scope, and everything else that a call of the API throws. An
 * answer without the ids that it should have is `provider_unavailable`; of a write that may not be
 * repeated, `outcome_unknown`.
 */
@Injectable()
export class FlintPartnerApps {
  private name: string | undefined;

  constructor(private readonly flint: FlintHandle) {}

  /** The same for a named registration; without it: for the only one. */
  of(app: string): FlintPartnerApps {
    const one = new FlintPartnerApps(this.flint);
    one.name = app;
    return one;
  }

  /** Creates a partner app (install guide, step 1). Its client secret is shown this once. */
  async createApp(
    input: FlintPartnerAppInput,
    options: FlintWriteOptions = {},
  ): Promise<FlintCreatedApp> {
    return apps.createApp(this.developer(), input, options);
  }

  async listApps(query: FlintPageQuery = {}): Promise<FlintPage<FlintPartnerApp>> {
    return apps.listApps(this.developer(), query);
  }

  /**
   * All partner apps, page after page as they are read. What changes meanwhile may come twice or not
   * at all.
   */
  everyApp(query: Omit<FlintPageQuery, 'pageToken'> = {}): AsyncGenerator<FlintPartnerApp, void> {
    return everyItem((pageToken) => this.listApps({ ...query, pageToken }));
  }

  async getApp(id?: string): Promise<FlintPartnerApp> {
    return apps.getApp(this.developer(), id);
  }

  /**
   * Changes what is given. What Flint does to installs that exist is not documented. May be
   * repeated.
   */
  async updateApp(id: string | undefined, patch: FlintPartnerAppPatch): Promise<FlintPartnerApp> {
    return apps.updateApp(this.developer(), id, patch);
  }

  /**
   * A new client secret, shown this once. How long the one before is accepted is not documented: have
   * the new one in place at once.
   */
  async rotateSecret(id?: string, options: FlintWriteOptions = {}): Promise<FlintRotatedSecret> {
    return apps.rotateSecret(this.developer(), id, options);
  }

  async listInstalls(
    query: FlintPageQuery & FlintOfApp = {},
  ): Promise<FlintPage<FlintPartnerInstall>> {
    return installs.listInstalls(this.developer(), query);
  }

  /** All installs, page after page as they are read; see {@link everyApp}. */
  everyInstall(
    query: Omit<FlintPageQuery, 'pageToken'> & FlintOfApp = {},
  ): AsyncGenerator<FlintPartnerInstall, void> {
    return everyItem((pageToken) => this.listInstalls({ ...query, pageToken }));
  }

  /**
   * @returns `undefined` only when Flint says that the app has no such install. Any other failure is
   * an error, a 404 about the app itself (`providerStatus` 404) among them.
   */
  async getInstall(installId: string, appId?: string): Promise<FlintPartnerInstall | undefined> {
    return installs.getInstall(this.developer(), installId, appId);
  }

  /** Ends an install with all its grants, and returns what is left of it. May be repeated. */
  async revokeInstall(installId: string, appId?: string): Promise<FlintPartnerInstall> {
    return installs.revokeInstall(this.developer(), installId, appId);
  }

  /** Ends one grant, and returns its install. May be repeated. */
  async revokeEnvironmentGrant(
    installId: string,
    grantId: string,
    appId?: string,
  ): Promise<FlintPartnerInstall> {
    return installs.revokeEnvironmentGrant(this.developer(), installId, grantId, appId);
  }

  /**
   * Creates a webhook (install guide, step 7, or the newer contract: see `administration`). Its
   * secret is kept sealed unless `store` is `false`, and shown this once. A store that fails is a
   * warning and `stored: false`, because the webhook exists then.
   */
  async createWebhook(
    input: FlintWebhookInput,
    options: FlintWriteOptions = {},
  ): Promise<FlintCreatedWebhook> {
    return webhooks.createWebhook(this.developer(), input, options);
  }

  /**
   * The webhooks of an app. By the install guide it has one or none, and a page more never; a 404 there
   * means none only while the app itself can be read.
   */
  async listWebhooks(query: FlintPageQuery & FlintOfApp = {}): Promise<FlintPage<FlintWebhook>> {
    return webhooks.listWebhooks(this.developer(), query);
  }

  /** All webhooks, page after page as they are read; see {@link everyApp}. */
  everyWebhook(
    query: Omit<FlintPageQuery, 'pageToken'> & FlintOfApp = {},
  ): AsyncGenerator<FlintWebhook, void> {
    return everyItem((pageToken) => this.listWebhooks({ ...query, pageToken }));
  }

  async getWebhook(ref: FlintWebhookRef = {}): Promise<FlintWebhook> {
    return webhooks.getWebhook(this.developer(), ref);
  }

  /**
   * Its secret stays in the store, where another endpoint's may be: `WebhookSecrets.clear` ends all
   * of the app's.
   */
  async deleteWebhook(ref: FlintWebhookRef = {}): Promise<void> {
    return webhooks.deleteWebhook(this.developer(), ref);
  }

  /**
   * A new secret, kept beside the ones before for the overlap. Newer contract only. Where several
   * endpoints share a place (no `tenant`), the secrets of the others end too, which is a warning.
   * @throws FlockError `invalid_request` with `administration: 'guide'`
   */
  async rotateWebhookSecret(
    webhookId: string,
    options: FlintRotateWebhookOptions = {},
  ): Promise<FlintWebhookSecret> {
    return webhooks.rotateWebhookSecret(this.developer(), webhookId, options);
  }

  private developer(): FlintDeveloper {
    return developerOf(this.flint, this.name);
  }
}
