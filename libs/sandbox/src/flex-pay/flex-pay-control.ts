import { recordsControl } from '../inspection/records-control.js';
import type { ControlRoutes } from '../server/control-routes.js';
import { onlyKeys, oneOf, optional, text } from '../server/input.js';
import { FLEX_PAY_ENVIRONMENTS } from './flex-pay-client.js';
import type { FlexPaySandbox } from './flex-pay-sandbox.js';
import { readSettings, SETTING_NAMES } from './read-settings.js';

/** What can be asked of the emulated Flex Pay under `/__sandbox/flex-pay/`. */
export function flexPayControl(sandbox: FlexPaySandbox): ControlRoutes {
  const { settings, world } = sandbox;
  return {
    ...recordsControl(world.records),
    'POST clients': ({ body }) => {
      onlyKeys(body, ['merchant', 'environment', 'clientId', 'clientSecret']);
      return sandbox.addClient({
        merchant: text(body['merchant'], 'merchant'),
        environment: optional(oneOf(...FLEX_PAY_ENVIRONMENTS))(body['environment'], 'environment'),
        clientId: optional(text)(body['clientId'], 'clientId'),
        clientSecret: optional(text)(body['clientSecret'], 'clientSecret'),
      });
    },
    'POST rotate-client-secret': ({ body }) => {
      onlyKeys(body, ['merchant', 'environment']);
      const client = clientOf(sandbox, body);
      return { clientId: client.clientId, clientSecret: sandbox.rotateClientSecret(client) };
    },
    'POST expire-access-tokens': ({ body }) => {
      onlyKeys(body, ['merchant', 'environment']);
      const all = body['merchant'] === undefined && body['environment'] === undefined;
      sandbox.expireAccessTokens(all ? undefined : clientOf(sandbox, body));
      return {};
    },
    'POST approve': ({ body }) => {
      onlyKeys(body, ['order_id']);
      return { redirect: sandbox.approve(text(body['order_id'], 'order_id')) };
    },
    'POST decline': ({ body }) => {
      onlyKeys(body, ['order_id']);
      return { redirect: sandbox.decline(text(body['order_id'], 'order_id')) };
    },
    'POST settings': ({ body }) => {
      onlyKeys(body, SETTING_NAMES);
      Object.assign(settings, readSettings(body));
      if (body['allowedAddresses'] === null) settings.allowedAddresses = undefined;
      if (body['card'] === null) settings.card = undefined;
      return settings;
    },
  };
}

function clientOf(sandbox: FlexPaySandbox, body: Record<string, unknown>) {
  return sandbox.client(
    optional(text)(body['merchant'], 'merchant'),
    optional(oneOf(...FLEX_PAY_ENVIRONMENTS))(body['environment'], 'environment'),
  );
}
