import { FlockError } from '../foundation/errors/flock.error.js';
import type { ProviderRegistry } from '../provider/provider.registry.js';

/** A provider module without `FlockModule` says what to add, before Nest names a class that nobody knows. */
export function assertCore(
  title: string,
  registry: ProviderRegistry | undefined,
): asserts registry is ProviderRegistry {
  if (registry !== undefined) return;
  throw new FlockError(
    'configuration_invalid',
    `${title} needs the core: add FlockModule.forRoot() to the imports of your root module.`,
  );
}
