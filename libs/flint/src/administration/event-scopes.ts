import type { FlintPartnerApp } from './flint.partner-app.js';

/**
 * The read scope without which Flint does not forward an event (install guide, step 7). Only these
 * are documented; of other families nothing is said.
 */
const READ_SCOPES: Readonly<Record<string, string>> = {
  order: 'commerce.orders.read',
  payment_intent: 'payments.payment_intents.read',
  refund: 'commerce.refunds.read',
};

/** Whether anything is known about these events. */
export const haveScopes = (eventTypes: readonly string[]): boolean =>
  eventTypes.some((type) => scopeOf(type) !== undefined);

/** One sentence for each event that would never arrive. */
export function scopeWarnings(
  eventTypes: readonly string[],
  { permissionManifest }: Pick<FlintPartnerApp, 'permissionManifest'>,
): string[] {
  const asked = new Set(permissionManifest.flatMap(({ requiredScopes }) => requiredScopes));
  return eventTypes.flatMap((type) => {
    const scope = scopeOf(type);
    return scope === undefined || asked.has(scope)
      ? []
      : [
          `${type} needs ${scope}, which the app's permission manifest does not ask for: Flint will not send it.`,
        ];
  });
}

function scopeOf(eventType: string): string | undefined {
  const [family = ''] = eventType.split('.', 1);
  return Object.hasOwn(READ_SCOPES, family) ? READ_SCOPES[family] : undefined;
}
