import { variable } from '@nest-flock/core/provider';
import type { OptionsOf } from '@nest-flock/core/provider';

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
  baseUrl: variable.baseUrl({ env: 'BASE_URL', default: 'https://api.withflintpay.com' }),
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
  /**
   * `FlintAdministrationModule` compares the installs with Flint's so often; 0 never. Needs
   * `developerKey` and `partnerAppId`.
   */
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

export type FlintOptions = OptionsOf<typeof FLINT_VARIABLES>;
