import type { Sandbox } from '@nest-flock/sandbox';
import type { SandboxPages } from '../host.js';
import type { ProviderSettings } from '../providers.js';

/** Seconds; short, to be seen renewing. */
const TOKEN_LIFE = 60;
/** Seconds. Fynd's online tokens are never renewed: the person launches again. */
const SESSION_LIFE = 300;
/** FlinksPay sends no webhook for a payment of v1: it is asked. */
const POLL_SECONDS = 3;

export interface SandboxHost {
  /** The emulated providers: where events are made to happen. */
  readonly sandbox: Sandbox;
  readonly pages: SandboxPages;
  readonly settings: ProviderSettings & { readonly fynd: { readonly clientId: string } };
}

/** Starts the emulated providers in this process. `hostUrl` is this host's own origin. */
export async function startSandbox(hostUrl: string): Promise<SandboxHost> {
  const { Sandbox } = await import('@nest-flock/sandbox');
  const sandbox = await Sandbox.start({
    flinksPay: { accessTokenSeconds: TOKEN_LIFE },
    fynd: {
      onlineTokenSeconds: SESSION_LIFE,
      offlineTokenSeconds: TOKEN_LIFE,
      extensionUrl: hostUrl,
    },
    flute: { accessTokenSeconds: TOKEN_LIFE },
    flexPay: { accessTokenSeconds: TOKEN_LIFE },
  });
  const { flint, flinksPay, fynd, flute, flexPay } = sandbox;
  const redirectUri = `${hostUrl}/flint/oauth/callback`;
  flint.settings.accessTokenSeconds = TOKEN_LIFE;
  flint.addRedirectUri(redirectUri);
  const { secret } = flinksPay.setWebhook({ url: `${hostUrl}/flinks-pay/webhooks` });
  return {
    sandbox,
    pages: {
      url: sandbox.url,
      companies: fynd.companies.map(({ company_id: id, name }) => ({ id, name })),
    },
    settings: {
      flint: {
        clientId: flint.app.client_id,
        clientSecret: flint.app.client_secret,
        redirectUri,
        baseUrl: flint.url,
        developerKey: flint.apiKey,
        partnerAppId: flint.app.partner_app_id,
        // Several webhooks for an app: installs and merchants' orders have one each.
        administration: '2026-09-07',
      },
      'flinks-pay': {
        baseUrl: flinksPay.url,
        username: flinksPay.customer.username,
        password: flinksPay.customer.password,
        webhookSecrets: [secret],
        pollSeconds: POLL_SECONDS,
      },
      fynd: {
        clientId: fynd.extension.client_id,
        clientSecret: fynd.extension.client_secret,
        extensionUrl: hostUrl,
        scopes: ['company/saleschannel'],
        baseUrl: fynd.url,
        panelOrigins: [new URL(fynd.url).origin],
      },
      flute: {
        clientId: flute.key.client_id,
        clientSecret: flute.key.client_secret,
        environments: ['sandbox'],
        sandboxTokenUrl: flute.tokenUrl('sandbox'),
        sandboxApiUrl: flute.apiUrl('sandbox'),
      },
      'flex-pay': {
        clientId: flexPay.client().clientId,
        clientSecret: flexPay.client().clientSecret,
        preProductionUrl: flexPay.preProductionUrl,
      },
    },
  };
}
