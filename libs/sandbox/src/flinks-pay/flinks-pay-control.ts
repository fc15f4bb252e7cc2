import { recordsControl } from '../inspection/records-control.js';
import type { ControlRoutes } from '../server/control-routes.js';
import { oneOf, onlyKeys, optional, text } from '../server/input.js';
import { webhooksControl } from '../webhooks/webhooks-control.js';
import type { FlinksPaySandbox } from './flinks-pay-sandbox.js';
import { FLINKS_PAY_WEBHOOK_FORMS } from './flinks-pay-webhook.js';
import { readSettings, SETTING_NAMES } from './read-settings.js';

/** What can be asked of the emulated FlinksPay under `/__sandbox/flinks-pay/`. */
export function flinksPayControl(sandbox: FlinksPaySandbox): ControlRoutes {
  const { customers, records } = sandbox.world;
  const named = (name: unknown) => {
    const given = optional(text)(name, 'customer');
    return given === undefined ? undefined : customers.get(given);
  };
  return {
    ...recordsControl(records),
    'GET sessions': () => ({ data: sandbox.sessions }),
    'POST customers': ({ body }) => {
      onlyKeys(body, ['name', 'username', 'password']);
      const { name, username, password, url } = sandbox.addCustomer({
        name: text(body['name'], 'name'),
        username: optional(text)(body['username'], 'username'),
        password: optional(text)(body['password'], 'password'),
      });
      return { name, username, password, url };
    },
    'POST replace-password': ({ body }) => {
      onlyKeys(body, ['customer', 'password']);
      const customer = named(body['customer']) ?? sandbox.customer;
      const password = optional(text)(body['password'], 'password');
      return {
        username: customer.username,
        password: sandbox.replacePassword(customer, password),
      };
    },
    'POST expire-access-tokens': ({ body }) => {
      onlyKeys(body, ['customer']);
      sandbox.expireAccessTokens(named(body['customer']));
      return {};
    },
    'POST payment-status': ({ body }) => {
      onlyKeys(body, ['requestId', 'status']);
      sandbox.setPaymentStatus(
        text(body['requestId'], 'requestId'),
        text(body['status'], 'status'),
      );
      return {};
    },
    'POST session-status': ({ body }) => {
      onlyKeys(body, ['sessionId', 'status']);
      sandbox.setSessionStatus(
        text(body['sessionId'], 'sessionId'),
        text(body['status'], 'status'),
      );
      return {};
    },
    ...webhooksControl(sandbox.webhooks),
    'POST webhook': ({ body }) => {
      onlyKeys(body, ['url', 'secret', 'form', 'customer']);
      const { url, secret, form, customer } = sandbox.setWebhook({
        url: text(body['url'], 'url'),
        secret: optional(text)(body['secret'], 'secret'),
        form: optional(oneOf(...FLINKS_PAY_WEBHOOK_FORMS))(body['form'], 'form'),
        customer: named(body['customer']),
      });
      return { data: { url, secret, form, customer: customer.name } };
    },
    'POST remove-webhook': ({ body }) => {
      onlyKeys(body, ['customer']);
      sandbox.removeWebhook(named(body['customer']));
      return {};
    },
    'POST expire-session': ({ body }) => {
      onlyKeys(body, ['sessionId']);
      sandbox.expireSession(text(body['sessionId'], 'sessionId'));
      return {};
    },
    'POST settings': ({ body }) => {
      onlyKeys(body, SETTING_NAMES);
      return Object.assign(sandbox.settings, readSettings(body));
    },
  };
}
