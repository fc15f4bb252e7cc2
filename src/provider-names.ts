export const PROVIDERS = ['flint', 'flinks-pay', 'fynd', 'flute', 'flex-pay'] as const;

export type ProviderName = (typeof PROVIDERS)[number];

/** The providers that have a variable of their own, such as `FLINKS_PAY_BASE_URL`. */
export function configuredProviders(
  environment: Readonly<Record<string, string | undefined>>,
): ProviderName[] {
  const set = Object.keys(environment).filter((name) => environment[name] !== '');
  return PROVIDERS.filter((provider) => {
    const prefix = `${provider.toUpperCase().replaceAll('-', '_')}_`;
    return set.some((name) => name.startsWith(prefix));
  });
}
