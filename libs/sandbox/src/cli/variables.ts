import type { Sandbox } from '../sandbox.js';

/** What an app sets to use a running sandbox in place of the providers. */
export function sandboxVariables(sandbox: Sandbox): Readonly<Record<string, string>> {
  const { flint, flinksPay, fynd, flute, flexPay } = sandbox;
  const flexPayClient = flexPay.client();
  return {
    FLINT_BASE_URL: flint.url,
    FLINT_CLIENT_ID: flint.app.client_id,
    FLINT_CLIENT_SECRET: flint.app.client_secret,
    FLINKS_PAY_BASE_URL: flinksPay.url,
    FLINKS_PAY_USERNAME: flinksPay.customer.username,
    FLINKS_PAY_PASSWORD: flinksPay.customer.password,
    FYND_BASE_URL: fynd.url,
    FYND_CLIENT_ID: fynd.extension.client_id,
    FYND_CLIENT_SECRET: fynd.extension.client_secret,
    FYND_EXTENSION_URL: fynd.extension.extensionUrl,
    FYND_SCOPES: fynd.extension.scopes.join(','),
    FLUTE_CLIENT_ID: flute.key.client_id,
    FLUTE_CLIENT_SECRET: flute.key.client_secret,
    FLUTE_SANDBOX_TOKEN_URL: flute.tokenUrl('sandbox'),
    FLUTE_SANDBOX_API_URL: flute.apiUrl('sandbox'),
    FLUTE_PRODUCTION_TOKEN_URL: flute.tokenUrl('production'),
    FLUTE_PRODUCTION_API_URL: flute.apiUrl('production'),
    FLEX_PAY_CLIENT_ID: flexPayClient.clientId,
    FLEX_PAY_CLIENT_SECRET: flexPayClient.clientSecret,
    FLEX_PAY_PRE_PRODUCTION_URL: flexPay.preProductionUrl,
    FLEX_PAY_PRODUCTION_URL: flexPay.productionUrl,
  };
}
