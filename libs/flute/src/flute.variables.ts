import { variable } from '@nest-flock/core/provider';

/** Flute's environments; a token of one is worth nothing in the other (Authorization page). */
export const FLUTE_ENVIRONMENTS = ['sandbox', 'production'] as const;
export type FluteEnvironment = (typeof FLUTE_ENVIRONMENTS)[number];

const key = (env: string, of: string) => ({
  id: variable.optionalText({
    env: `${env}CLIENT_ID`,
    expected: `the client id of ${of}`,
    where: 'shown when the API key is created',
  }),
  secret: variable.optionalSecret({
    env: `${env}CLIENT_SECRET`,
    expected: `the client secret of ${of}, or a function that resolves to it`,
    where: 'shown once when the API key is created',
  }),
});

const shared = key('', 'an API key that serves both environments');
const sandbox = key('SANDBOX_', 'the API key of the sandbox');
const production = key('PRODUCTION_', 'the API key of production');

/** The settings of a Flute app. */
export const FLUTE_VARIABLES = {
  clientId: shared.id,
  clientSecret: shared.secret,
  sandboxClientId: sandbox.id,
  sandboxClientSecret: sandbox.secret,
  productionClientId: production.id,
  productionClientSecret: production.secret,
  /** Environments of the keys above; unset: each that has a key. Empty: every key is registered. */
  environments: variable.optionalList({
    env: 'ENVIRONMENTS',
    expected: 'sandbox, production, or both',
  }),
  /** The Authorization page shows HTTP Basic, the contract's schema and the SDKs use the body. */
  clientAuthentication: variable.choice({
    env: 'CLIENT_AUTHENTICATION',
    choices: ['basic', 'body'],
    default: 'basic',
  }),
  /** Of the route `/flute/webhooks`; endpoints that `FluteWebhooks` makes keep theirs. */
  webhookSecrets: variable.secrets({
    env: 'WEBHOOK_SECRETS',
    where: 'shown once when the webhook endpoint is created',
  }),
  sandboxTokenUrl: variable.url({
    env: 'SANDBOX_TOKEN_URL',
    default: 'https://sandbox.oauth.api.flute.com/oauth2/token',
  }),
  sandboxApiUrl: variable.url({
    env: 'SANDBOX_API_URL',
    default: 'https://sandbox.api.flute.com',
  }),
  productionTokenUrl: variable.url({
    env: 'PRODUCTION_TOKEN_URL',
    default: 'https://oauth.api.flute.com/oauth2/token',
  }),
  productionApiUrl: variable.url({
    env: 'PRODUCTION_API_URL',
    default: 'https://api.flute.com',
  }),
};
