import { defineProvider, FlockError, variable } from '@nest-flock/core';
import type {
  Connection,
  InstallRequest,
  OptionsOf,
  TokenAnswer,
  Withdrawal,
} from '@nest-flock/core';
import { readFlintProblem } from './flint.problem.js';
import { readInstallRequest } from './flint.install-request.js';
import { FLINT_PROFILE } from './flint.profile.js';
import { flintWebhooks } from './flint.webhooks.js';

export const FLINT_VARIABLES = {
  clientId: variable.text({
    env: 'CLIENT_ID',
    expected: 'the client id of your partner app, such as fpc_…',
    where: 'from the answer that created the partner app',
  }),
  clientSecret: variable.secret({
    env: 'CLIENT_SECRET',
    expected: 'the client secret of your partner app, such as fps_…',
    where: 'shown once when the app is created',
  }),
  redirectUri: variable.url({
    env: 'REDIRECT_URI',
    expected:
      'the exact redirect URI registered with the app, such as https://acme.example/flint/oauth/callback',
    where: 'from redirect_uris of the partner app',
  }),
  baseUrl: variable.url({ env: 'BASE_URL', default: 'https://api.withflintpay.com' }),
  clientAuthentication: variable.choice({
    env: 'CLIENT_AUTHENTICATION',
    choices: ['basic', 'body'],
    default: 'basic',
  }),
  /** Modes that merchants may install in; an install link without a mode means the first. */
  modes: variable.list({
    env: 'MODES',
    expected: 'test, live, or both',
    default: ['test', 'live'],
  }),
  /** Permissions that an install link may ask for; unset means any of the app's. */
  permissionIds: variable.optionalList({ env: 'PERMISSION_IDS' }),
  /** Environments that an install link may ask for; unset means any. */
  environmentIds: variable.optionalList({ env: 'ENVIRONMENT_IDS' }),
  /** Those that `FlintPartnerApps` keeps need not be here. */
  webhookSecrets: variable.secrets({
    env: 'WEBHOOK_SECRETS',
    expected: 'webhook secrets such as whsec_…, newest first, separated by commas',
    where: 'shown once when the webhook is created',
  }),
  /** Believe `X-Flint-Signature` too, where the standard headers are absent. */
  legacySignatures: variable.flag({ env: 'LEGACY_SIGNATURES', default: false }),
  /** For `FlintPartnerApps`; never sent on a merchant's calls. */
  developerKey: variable.optionalSecret({
    env: 'DEVELOPER_KEY',
    expected: 'an API key with accounts.merchants.write, or a developer session token',
  }),
  /** The partner app that `FlintPartnerApps` is about unless told. */
  partnerAppId: variable.optionalText({ env: 'PARTNER_APP_ID' }),
  /** Compares the installs with Flint's so often; 0 never. Needs `developerKey` and `partnerAppId`. */
  reconcileSeconds: variable.number({
    env: 'RECONCILE_SECONDS',
    min: 0,
    max: 604_800,
    default: 3_600,
  }),
  /** Webhook routes: those of the install guide, or of the public contract of that date. */
  administration: variable.choice({
    env: 'ADMINISTRATION',
    choices: ['guide', '2026-09-07'],
    default: 'guide',
  }),
};

export const flint = defineProvider({
  provider: 'flint',
  title: 'Flint',
  variables: FLINT_VARIABLES,
  environments: ['test', 'live'],
  grant: 'authorization_code',
  profile: FLINT_PROFILE,
  endpoints: ({ baseUrl }) => {
    const base = baseUrl.replace(/\/+$/, '');
    return { token: `${base}/v1/oauth/token`, authorize: `${base}/v1/oauth/authorize`, api: base };
  },
  client: ({ clientId, clientSecret }) => ({ id: clientId, secret: clientSecret }),
  dialect: ({ clientAuthentication }) => ({ clientAuthentication, encoding: 'form' }),
  redirectUri: ({ redirectUri }) => redirectUri,
  install: {
    request: readInstallRequest,
    link: ({ environment }) => ({ mode: environment }),
    echoed: ({ environment }) => ({ mode: environment }),
    account,
  },
  webhooks: flintWebhooks,
  withdrawal: flintWithdrawal,
  apiProblem: readFlintProblem,
  check: ({ modes }) =>
    modes.every((mode) => mode === 'test' || mode === 'live') && modes.length > 0
      ? []
      : ['FLINT_MODES is not usable; expected test, live, or both'],
});

/** The revocation route of the install guide, for the grant alone: others of the install live on. */
function flintWithdrawal(
  { install, account }: Connection,
  { baseUrl, developerKey, partnerAppId }: OptionsOf<typeof FLINT_VARIABLES>,
): Withdrawal | undefined {
  if (developerKey === undefined || partnerAppId === undefined || install === undefined) {
    return undefined;
  }
  const [app, of, grant] = [partnerAppId, install, account].map(encodeURIComponent);
  return {
    url: `${baseUrl.replace(/\/+$/, '')}/v1/developer/partner/apps/${app}/installs/${of}/environment-grants/${grant}/revoke`,
    credential: developerKey,
  };
}

/** The fields that the install guide says to store. A grant lives in one mode. */
function account(answer: TokenAnswer, request: InstallRequest) {
  const { environment_grant_id, merchant_id, partner_app_install_id, mode } = answer;
  if (!isId(environment_grant_id) || !isId(merchant_id) || !isId(partner_app_install_id)) {
    return undefined;
  }
  if (mode !== undefined && mode !== request.environment) {
    throw new FlockError(
      'install_failed',
      'Flint connected another mode than was asked for. Nothing was stored.',
    );
  }
  // Merchants may have several environments in one mode; each keeps its own grant.
  const place = request.parameters.environment_id ?? '';
  return {
    account: environment_grant_id,
    environment: request.environment,
    merchant: merchant_id,
    install: partner_app_install_id,
    supersedeKey: `${merchant_id}/${place}`,
  };
}

const isId = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= 190;
