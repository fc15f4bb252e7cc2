import { recordsControl } from '../inspection/records-control.js';
import type { ControlRoutes } from '../server/control-routes.js';
import { flag, onlyKeys, optional, text, wholeNumber } from '../server/input.js';
import type { FyndSandbox } from './fynd-sandbox.js';
import { readSettings, SETTING_NAMES } from './read-settings.js';

const company = wholeNumber(1, 'company');

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
      onlyKeys(body, ['company_id']);
      sandbox.uninstall(company(body['company_id'], 'company_id'));
      return {};
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
