import type { Variables } from '../foundation/configuration/variable.js';
import type { RegisteredApp } from '../provider/registered-app.js';
import { signingKey } from './verify-signature.js';

/** A secret that no scheme can sign with would refuse every webhook, and nobody would know why. */
export function unusableSecrets<V extends Variables>({ definition, options }: RegisteredApp<V>) {
  const { webhooks } = definition;
  if (webhooks === undefined) return [];
  const schemes = webhooks.schemes(options);
  const secrets = webhooks.secrets(options).filter((secret) => typeof secret === 'string');
  return secrets.every((secret) => schemes.some((scheme) => signingKey(scheme, secret)))
    ? []
    : ['a webhook secret is not usable; expected each in full, as the provider has shown it'];
}
