import { FlockError } from '@nest-flock/core';
import type { ApiResponse } from '@nest-flock/core';
import { FOR_GOOD, membersOf } from '@nest-flock/core/provider';
import { dataOf, recordsOf, unreadable, unreadableWrite } from './answer.js';
import type { FlintWriteOptions } from './answer.js';
import type { FlintDeveloper } from './developer.js';
import { haveScopes, scopeWarnings } from './event-scopes.js';
import { readWebhook } from './flint.webhook.js';
import type { FlintCreatedWebhook, FlintWebhook, FlintWebhookSecret } from './flint.webhook.js';
import { checkKeeping, checkWebhook } from './flint.webhook-input.js';
import type { FlintWebhookInput } from './flint.webhook-input.js';
import { keep } from './keep-webhook-secret.js';
import { pageQuery, readPage } from './pages.js';
import type { FlintPage, FlintPageQuery } from './pages.js';
import { getApp, secretOf } from './partner-apps.js';
import type { FlintOfApp } from './partner-installs.js';
import { ENDPOINTS, webhookRoutes } from './webhook-routes.js';
import type { FlintWebhookRef } from './webhook-routes.js';

/** A secret that replaces another, which may go on signing for a while. */
export interface FlintRotateWebhookOptions
  extends FlintWriteOptions, Pick<FlintWebhookInput, 'appId' | 'store' | 'tenant'> {
  /** Seconds for which those that are kept at the same place are still accepted; default 86,400. */
  readonly overlapSeconds?: number;
}

const SHARED =
  "The app has several webhooks whose secrets are kept at one place: those of the others end with this one's overlap. Give each a tenant, or an overlapSeconds.";

export async function createWebhook(
  developer: FlintDeveloper,
  input: FlintWebhookInput,
  options: FlintWriteOptions,
): Promise<FlintCreatedWebhook> {
  const appId = developer.partnerAppId(input.appId);
  checkWebhook(input);
  const routes = webhookRoutes(developer.app.options.administration);
  const warnings = await warningsOf(developer, appId, input);
  const response = await developer.client.post(
    routes.create(appId),
    routes.body(appId, input),
    options,
  );
  const webhook = readWebhook(dataOf(response));
  if (webhook === undefined || (routes.identified && webhook.webhookId === undefined)) {
    throw unreadableWrite('the creation of a webhook', response, options);
  }
  const secret = secretOf(dataOf(response)?.secret);
  if (secret === undefined) {
    warnings.push('Flint gave no secret for the webhook; copy it from the dashboard.');
  }
  const othersGoOn = routes.identified && input.tenant === undefined;
  const overlapSeconds = input.overlapSeconds ?? (othersGoOn ? FOR_GOOD : undefined);
  const kept = await keep(developer, secret, { ...input, overlapSeconds, warnings });
  return { ...webhook, ...kept };
}

export async function listWebhooks(
  developer: FlintDeveloper,
  { appId, ...query }: FlintPageQuery & FlintOfApp,
): Promise<FlintPage<FlintWebhook>> {
  const partnerAppId = developer.partnerAppId(appId);
  const page = pageQuery(query);
  if (!webhookRoutes(developer.app.options.administration).identified) {
    const only = await onlyWebhook(developer, partnerAppId);
    return { items: only === undefined ? [] : [only] };
  }
  const response = await developer.client.get(ENDPOINTS, {
    query: { partner_app_id: partnerAppId, ...page },
  });
  return readPage(response, 'the list of webhooks', readIdentified);
}

/** By the guide an app has one or none: a 404 says that there is none, or that there is no such app. */
async function onlyWebhook(
  developer: FlintDeveloper,
  appId: string,
): Promise<FlintWebhook | undefined> {
  try {
    return await getWebhook(developer, { appId });
  } catch (error) {
    if (!(error instanceof FlockError && error.providerStatus === 404)) throw error;
    await getApp(developer, appId);
    return undefined;
  }
}

/** In a list a webhook that has no id could not be told from the others. */
function readIdentified(item: unknown): FlintWebhook | undefined {
  const webhook = readWebhook(item);
  return webhook?.webhookId === undefined ? undefined : webhook;
}

export async function getWebhook(
  developer: FlintDeveloper,
  ref: FlintWebhookRef,
): Promise<FlintWebhook> {
  const webhook = readWebhook(dataOf(await developer.client.get(pathOf(developer, ref))));
  if (webhook === undefined) throw unreadable('a webhook');
  return webhook;
}

export async function deleteWebhook(
  developer: FlintDeveloper,
  ref: FlintWebhookRef,
): Promise<void> {
  await developer.client.delete(pathOf(developer, ref));
}

export async function rotateWebhookSecret(
  developer: FlintDeveloper,
  webhookId: string,
  options: FlintRotateWebhookOptions,
): Promise<FlintWebhookSecret> {
  const { store, tenant, appId, overlapSeconds, ...write } = options;
  const path = webhookRoutes(developer.app.options.administration).rotate(webhookId);
  checkKeeping(options);
  const response: ApiResponse<unknown> = await developer.client.post(path, undefined, write);
  const secret = secretOf(dataOf(response)?.secret);
  if (secret === undefined) {
    throw unreadableWrite("the rotation of a webhook's secret", response, write);
  }
  const alone = store === false || tenant !== undefined || overlapSeconds !== undefined;
  const warnings = alone ? [] : await othersOf(developer, appId);
  return keep(developer, secret, { store, tenant, overlapSeconds, warnings });
}

/** Secrets kept at one place end together, whichever endpoint they are of. */
async function othersOf(developer: FlintDeveloper, appId?: string): Promise<string[]> {
  try {
    const query = { partner_app_id: developer.partnerAppId(appId), page_size: 2 };
    const { data } = await developer.client.get(ENDPOINTS, { query });
    return recordsOf(membersOf(data)?.data).length > 1 ? [SHARED] : [];
  } catch {
    // Advice only: the secret is rotated already.
    return [];
  }
}

function pathOf(developer: FlintDeveloper, { webhookId, appId }: FlintWebhookRef): string {
  const routes = webhookRoutes(developer.app.options.administration);
  return routes.one(routes.identified ? '' : developer.partnerAppId(appId), webhookId);
}

/** Advice only: a manifest that cannot be read keeps nobody from the webhook. */
async function warningsOf(
  developer: FlintDeveloper,
  appId: string,
  { eventTypes = [] }: FlintWebhookInput,
): Promise<string[]> {
  if (!haveScopes(eventTypes)) return [];
  try {
    return scopeWarnings(eventTypes, await getApp(developer, appId));
  } catch (error) {
    const code = error instanceof FlockError ? error.code : 'unknown error';
    return [`The scopes of the events could not be compared with the app's (${code}).`];
  }
}
