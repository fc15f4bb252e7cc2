import { SandboxError } from '../sandbox-error.js';
import type { AuthorizeRequest } from './authorize-request.js';
import { scopesOf, withFixedPermissions } from './flint-app.js';
import { environmentOf, type FlintEnvironment, type FlintMerchant } from './flint-merchant.js';
import type { FlintWorld } from './flint-world.js';

/** What the merchant decided on the consent page. */
export interface Decision {
  readonly merchant: FlintMerchant;
  /** The permissions that are ticked. Those that cannot be refused count as ticked. */
  readonly permissionIds: readonly string[];
}

/** A merchant that may be chosen on the consent page, or why not. */
export interface ConsentChoice {
  readonly merchant: FlintMerchant;
  readonly environment: FlintEnvironment;
  /** Why it cannot be chosen. */
  readonly barred?: string;
}

/** The merchants that have the environment a request is about. */
export function consentChoices(world: FlintWorld, request: AuthorizeRequest): ConsentChoice[] {
  return world.directory.merchants.flatMap((merchant) => {
    const choice = choiceOf(merchant, request);
    return choice ? [choice] : [];
  });
}

function choiceOf(merchant: FlintMerchant, request: AuthorizeRequest): ConsentChoice | undefined {
  const environment = environmentOf(merchant, request.mode, request.environmentId);
  if (!environment) return undefined;
  const barred =
    request.mode === 'live' && !merchant.onboarded
      ? 'Has not completed onboarding: live installs are not possible yet.'
      : undefined;
  return { merchant, environment, barred };
}

/** Carries out an approval; returns the callback URL. Throws when this merchant cannot approve it. */
export function approve(world: FlintWorld, request: AuthorizeRequest, decision: Decision): string {
  const { merchant } = decision;
  const choice = choiceOf(merchant, request);
  if (!choice) {
    const which = request.environmentId ?? `a ${request.mode} environment`;
    throw new SandboxError(`${merchant.merchant_id} does not have ${which}.`);
  }
  if (choice.barred) throw new SandboxError(`${merchant.merchant_id}: ${choice.barred}`);
  const granted = withFixedPermissions(
    request.app,
    request.permissionIds.filter((id) => decision.permissionIds.includes(id)),
  );
  const { app, redirectUri, state, mode } = request;
  const grant = world.installs.prepare(
    app,
    merchant,
    choice.environment,
    world.settings.reuseGrants,
  );
  const code = world.tokens.issueCode({ app, grant, redirectUri, scopes: scopesOf(app, granted) });
  return callbackUrl(redirectUri, { code, state, mode });
}

/** The callback of a merchant who said no. */
export function deny(request: AuthorizeRequest, description = 'merchant denied install'): string {
  return callbackUrl(request.redirectUri, {
    error: 'access_denied',
    error_description: description,
    state: request.state,
  });
}

/** A redirect URI with further parameters; those it has are kept as they are. */
export function callbackUrl(
  redirectUri: string,
  parameters: Readonly<Record<string, string | undefined>>,
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) query.append(name, value);
  }
  return `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${query.toString()}`;
}
