import { recordsControl } from '../inspection/records-control.js';
import type { ControlRoutes } from '../server/control-routes.js';
import {
  flag,
  onlyKeys,
  optional,
  record,
  text,
  wholeNumber,
  type Check,
} from '../server/input.js';
import { readHow } from '../webhooks/webhook-how.js';
import { webhookUrl } from '../webhooks/webhook-url.js';
import { webhooksControl } from '../webhooks/webhooks-control.js';
import type { FyndSandbox } from './fynd-sandbox.js';
import type { FyndEventName } from './fynd-webhook.js';
import { readSettings, SETTING_NAMES } from './read-settings.js';

const company = wholeNumber(1, 'company');

const eventName: Check<FyndEventName> = (value, field) => {
  const input = record(value, field);
  onlyKeys(input, ['category', 'name', 'type', 'version'], `${field}.`);
  const part = (name: string) => text(input[name], `${field}.${name}`);
  return {
    category: part('category'),
    name: part('name'),
    type: part('type'),
    version: part('version'),
  };
};

/** What can be asked of the emulated Fynd under `/__sandbox/fynd/`. */
export function fyndControl(sandbox: FyndSandbox): ControlRoutes {
  return {
    ...recordsControl(sandbox.world.records),
    'GET companies': () => ({ data: sandbox.companies }),
    'POST approve': ({ body }) => {
      onlyKeys(body, ['authorize_url', 'user', 'deny']);
      const callback_url = sandbox.approve(text(body['authorize_url'], 'authorize_url'), {
        user: optional(text)(body['user'], 'user'),
        deny: optional(flag)(body['deny'], 'deny'),
      });
      return { callback_url };
    },
    'POST issue-offline': ({ body }) => {
      onlyKeys(body, ['company_id']);
      return sandbox.issueOffline({
        company_id: optional(company)(body['company_id'], 'company_id'),
      });
    },
    'POST uninstall': ({ body }) => {
      onlyKeys(body, ['company_id', 'signed', 'post']);
      const data = sandbox.uninstall(company(body['company_id'], 'company_id'), {
        signed: optional(flag)(body['signed'], 'signed'),
        post: optional(flag)(body['post'], 'post'),
      });
      return data === undefined ? {} : { data };
    },
    'POST auto-install': ({ body }) => {
      onlyKeys(body, ['company_id', 'signed']);
      const signed = optional(flag)(body['signed'], 'signed');
      return { data: sandbox.autoInstall(company(body['company_id'], 'company_id'), { signed }) };
    },
    ...webhooksControl(sandbox.webhooks),
    'GET subscribers': () => ({
      data: sandbox.subscribers.map(({ id, company_id, url, status, events }) => ({
        id,
        company_id,
        url,
        status,
        events,
      })),
    }),
    'POST emit': async ({ body }) => {
      onlyKeys(body, ['company_id', 'event', 'payload', 'application_id', 'url', 'how']);
      const event = {
        company_id: company(body['company_id'], 'company_id'),
        event: eventName(body['event'], 'event'),
        payload: body['payload'] ?? {},
        application_id: optional(text)(body['application_id'], 'application_id'),
        url: optional(webhookUrl)(body['url'], 'url'),
      };
      return { data: await sandbox.emit(event, readHow(body['how'])) };
    },
    'POST ping': async ({ body }) => {
      onlyKeys(body, ['company_id', 'how']);
      const id = company(body['company_id'], 'company_id');
      return { data: await sandbox.ping(id, readHow(body['how'])) };
    },
    'POST expire-access-tokens': ({ body }) => {
      onlyKeys(body, ['company_id']);
      sandbox.expireAccessTokens(optional(company)(body['company_id'], 'company_id'));
      return {};
    },
    'POST rotate-client-secret': ({ body }) => {
      onlyKeys(body, []);
      const { client_id } = sandbox.extension;
      return { client_id, client_secret: sandbox.rotateClientSecret() };
    },
    'POST extension': ({ body }) => {
      onlyKeys(body, ['extension_url']);
      sandbox.setExtensionUrl(text(body['extension_url'], 'extension_url'));
      return { redirect_uris: sandbox.extension.redirect_uris };
    },
    'POST settings': ({ body }) => {
      onlyKeys(body, SETTING_NAMES);
      Object.assign(sandbox.settings, readSettings(body));
      if (body['offlineScopesOverride'] === null) {
        sandbox.settings.offlineScopesOverride = undefined;
      }
      return sandbox.settings;
    },
  };
}
