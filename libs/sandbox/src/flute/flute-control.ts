import { recordsControl } from '../inspection/records-control.js';
import { InputError } from '../server/input-error.js';
import type { ControlRoutes } from '../server/control-routes.js';
import { onlyKeys, oneOf, optional, text, texts } from '../server/input.js';
import { FLUTE_ENVIRONMENTS } from './flute-environment.js';
import { readHow } from '../webhooks/webhook-how.js';
import { webhooksControl } from '../webhooks/webhooks-control.js';
import type { FluteKey } from './flute-key.js';
import type { FluteSandbox } from './flute-sandbox.js';
import { readSettings, SETTING_NAMES } from './read-settings.js';

const environment = oneOf(...FLUTE_ENVIRONMENTS);

/** What can be asked of the emulated Flute under `/__sandbox/flute/`. */
export function fluteControl(sandbox: FluteSandbox): ControlRoutes {
  return {
    ...recordsControl(sandbox.world.records),
    'POST keys': ({ body }) => {
      onlyKeys(body, ['clientId', 'clientSecret', 'environments']);
      const environments = optional(texts)(body['environments'], 'environments');
      const clientId = optional(text)(body['clientId'], 'clientId');
      const clientSecret = optional(text)(body['clientSecret'], 'clientSecret');
      return sandbox.addKey({
        ...(clientId !== undefined && { clientId }),
        ...(clientSecret !== undefined && { clientSecret }),
        ...(environments !== undefined && {
          environments: environments.map((name, index) =>
            environment(name, `environments[${index}]`),
          ),
        }),
      });
    },
    'POST delete-key': ({ body }) => {
      onlyKeys(body, ['clientId']);
      sandbox.deleteKey(text(body['clientId'], 'clientId'));
      return {};
    },
    'POST replace-secret': ({ body }) => {
      onlyKeys(body, ['clientId', 'clientSecret']);
      const key = keyOf(sandbox, body['clientId']);
      const secret = optional(text)(body['clientSecret'], 'clientSecret');
      return { client_id: key.client_id, client_secret: sandbox.replaceSecret(key, secret) };
    },
    'POST expire-access-tokens': ({ body }) => {
      onlyKeys(body, ['environment']);
      sandbox.expireAccessTokens(optional(environment)(body['environment'], 'environment'));
      return {};
    },
    'POST expire-refresh-tokens': ({ body }) => {
      onlyKeys(body, ['environment']);
      sandbox.expireRefreshTokens(optional(environment)(body['environment'], 'environment'));
      return {};
    },
    ...webhooksControl(sandbox.webhooks),
    'GET webhooks': () => ({
      data: sandbox.webhookEndpoints.map(({ id, name, url, environment, eventTypes, key }) => ({
        id,
        name,
        url,
        environment,
        eventTypes,
        clientId: key.client_id,
      })),
    }),
    'POST webhooks': ({ body }) => {
      onlyKeys(body, ['url', 'environment', 'clientId', 'eventTypes', 'name']);
      const { id, secret } = sandbox.addWebhook({
        url: text(body['url'], 'url'),
        environment: environment(body['environment'], 'environment'),
        key: keyOf(sandbox, body['clientId']),
        eventTypes: optional(texts)(body['eventTypes'], 'eventTypes'),
        name: optional(text)(body['name'], 'name'),
      });
      return { data: { id, secret } };
    },
    'POST emit': async ({ body }) => {
      onlyKeys(body, ['environment', 'type', 'resourceId', 'resourceType', 'clientId', 'how']);
      const event = {
        environment: environment(body['environment'], 'environment'),
        type: text(body['type'], 'type'),
        resourceId: text(body['resourceId'], 'resourceId'),
        resourceType: text(body['resourceType'], 'resourceType'),
        key: keyOf(sandbox, body['clientId']),
      };
      return { data: await sandbox.emit(event, readHow(body['how'])) };
    },
    'POST settings': ({ body }) => {
      onlyKeys(body, SETTING_NAMES);
      return Object.assign(sandbox.settings, readSettings(body));
    },
  };
}

/** The key of a client id; the default one without. */
function keyOf(sandbox: FluteSandbox, clientId: unknown): FluteKey {
  const id = optional(text)(clientId, 'clientId') ?? sandbox.key.client_id;
  const key = sandbox.world.keys.find(id);
  if (!key) throw new InputError('clientId', 'the client id of a key');
  return key;
}
