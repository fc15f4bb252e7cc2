import type { FlintSettings } from './app.module.js';

export interface SandboxHost {
  readonly url: string;
  readonly flint: FlintSettings;
}

/** Starts the emulated providers in this process. Tokens live a minute, to be seen renewing. */
export async function startSandbox(redirectUri: string): Promise<SandboxHost> {
  const { Sandbox } = await import('@nest-flock/sandbox');
  const sandbox = await Sandbox.start({ providers: ['flint'] });
  sandbox.flint.settings.accessTokenSeconds = 60;
  sandbox.flint.addRedirectUri(redirectUri);
  const { client_id, client_secret } = sandbox.flint.app;
  return {
    url: sandbox.url,
    flint: {
      clientId: client_id,
      clientSecret: client_secret,
      redirectUri,
      baseUrl: sandbox.flint.url,
    },
  };
}
