import { Injectable } from '@nestjs/common';
import { ProviderRegistry } from '../../provider/provider.registry.js';

/** The host's own origins: those of its redirect URIs, and `FLOCK_PUBLIC_URL`. Never from a request. */
@Injectable()
export class OwnOrigins {
  private known: Set<string> | undefined;
  private configured: string | undefined;

  constructor(private readonly registry: ProviderRegistry) {}

  configure(publicUrl: string | undefined): void {
    this.configured = publicUrl === undefined ? undefined : new URL(publicUrl).origin;
    this.known = undefined;
  }

  has(origin: string): boolean {
    return this.all().has(origin);
  }

  first(): string | undefined {
    return this.all().values().next().value;
  }

  private all(): Set<string> {
    this.known ??= new Set([
      ...(this.configured === undefined ? [] : [this.configured]),
      ...this.registry.origins(),
    ]);
    return this.known;
  }
}
