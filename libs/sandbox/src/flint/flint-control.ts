import { InputError } from '../server/input-error.js';
import {
  flag,
  onlyKeys,
  oneOf,
  optional,
  record,
  text,
  texts,
  wholeNumber,
} from '../server/input.js';
import type { ControlRoutes } from '../server/control-routes.js';
import { recordsControl } from '../inspection/records-control.js';
import { readHow } from '../webhooks/webhook-how.js';
import { webhooksControl } from '../webhooks/webhooks-control.js';
import type { FlintSandbox } from './flint-sandbox.js';
import type { FlintWorld } from './flint-world.js';
import { readSettings, SETTING_NAMES } from './read-settings.js';
import { readWebhook } from './read-webhook.js';

/** What can be asked of the emulated Flint under `/__sandbox/flint/`. */
export function flintControl(world: FlintWorld, sandbox: FlintSandbox): ControlRoutes {
  return {
    ...recordsControl(world.records),
    'GET installs': () => ({ data: sandbox.installs }),
    'POST issue': ({ body }) => {
      onlyKeys(body, ['merchant_id', 'mode', 'permission_ids', 'count', 'client_id']);
      const wanted = {
        merchant_id: optional(text)(body['merchant_id'], 'merchant_id'),
        mode: optional(oneOf('test', 'live'))(body['mode'], 'mode'),
        permission_ids: optional(texts)(body['permission_ids'], 'permission_ids'),
      };
      const count = optional(wholeNumber(1, 'grants', 1_000_000))(body['count'], 'count');
      const app = appOf(world, sandbox, body['client_id']);
      return {
        data:
          count === undefined
            ? sandbox.issue(wanted, app)
            : sandbox.issue({ ...wanted, count }, app),
      };
    },
    'POST approve': ({ body }) => {
      onlyKeys(body, ['authorize_url', 'merchant_id', 'permission_ids', 'deny']);
      const callback_url = sandbox.approve(text(body['authorize_url'], 'authorize_url'), {
        merchant_id: optional(text)(body['merchant_id'], 'merchant_id'),
        permission_ids: optional(texts)(body['permission_ids'], 'permission_ids'),
        deny: optional(flag)(body['deny'], 'deny'),
      });
      return { callback_url };
    },
    'POST revoke-grant': ({ body }) => {
      onlyKeys(body, ['environment_grant_id']);
      sandbox.revokeGrant(text(body['environment_grant_id'], 'environment_grant_id'));
      return {};
    },
    'POST revoke-install': ({ body }) => {
      onlyKeys(body, ['partner_app_install_id']);
      sandbox.revokeInstall(text(body['partner_app_install_id'], 'partner_app_install_id'));
      return {};
    },
    'POST expire-access-tokens': ({ body }) => {
      onlyKeys(body, ['environment_grant_id']);
      const id = optional(text)(body['environment_grant_id'], 'environment_grant_id');
      sandbox.expireAccessTokens(id);
      return {};
    },
    'POST rotate-client-secret': ({ body }) => {
      onlyKeys(body, ['client_id']);
      const app = appOf(world, sandbox, body['client_id']);
      return { client_id: app.client_id, client_secret: sandbox.rotateClientSecret(app) };
    },
    'POST redirect-uris': ({ body }) => {
      onlyKeys(body, ['redirect_uri', 'client_id']);
      const app = appOf(world, sandbox, body['client_id']);
      sandbox.addRedirectUri(text(body['redirect_uri'], 'redirect_uri'), app);
      return { redirect_uris: app.redirect_uris };
    },
    ...webhooksControl(sandbox.webhooks),
    'GET webhooks': () => ({
      data: sandbox.webhookEndpoints.map(
        ({ secret: _secret, previousSecret: _previous, ...shown }) => shown,
      ),
    }),
    'POST webhooks': ({ body }) => {
      const { client_id, ...registration } = body;
      const app = appOf(world, sandbox, client_id);
      return { data: sandbox.addWebhook(readWebhook(registration), app) };
    },
    'POST rotate-webhook-secret': ({ body }) => {
      onlyKeys(body, ['webhook_id']);
      const webhook_id = text(body['webhook_id'], 'webhook_id');
      return { webhook_id, secret: sandbox.rotateWebhookSecret(webhook_id) };
    },
    'POST remove-webhook': ({ body }) => {
      onlyKeys(body, ['webhook_id']);
      sandbox.removeWebhook(text(body['webhook_id'], 'webhook_id'));
      return {};
    },
    'POST emit': async ({ body }) => {
      onlyKeys(body, ['event_type', 'merchant_id', 'mode', 'data', 'event_id', 'how']);
      const event = {
        event_type: text(body['event_type'], 'event_type'),
        merchant_id: text(body['merchant_id'], 'merchant_id'),
        mode: oneOf('test', 'live')(body['mode'], 'mode'),
        data: optional(record)(body['data'], 'data'),
        event_id: optional(text)(body['event_id'], 'event_id'),
      };
      return { data: await sandbox.emit(event, readHow(body['how'])) };
    },
    'POST api-keys': ({ body }) => {
      onlyKeys(body, ['scopes']);
      return { api_key: sandbox.addApiKey({ scopes: optional(texts)(body['scopes'], 'scopes') }) };
    },
    'POST settings': ({ body }) => {
      onlyKeys(body, SETTING_NAMES);
      Object.assign(sandbox.settings, readSettings(body));
      if (body['scopesOverride'] === null) sandbox.settings.scopesOverride = undefined;
      return sandbox.settings;
    },
  };
}

function appOf(world: FlintWorld, sandbox: FlintSandbox, clientId: unknown) {
  const id = optional(text)(clientId, 'client_id');
  const app = id === undefined ? sandbox.app : world.directory.app(id);
  if (!app) throw new InputError('client_id', 'the client id of a registered app');
  return app;
}
