import { SandboxError } from '../sandbox-error.js';
import type { FluteKey } from './flute-key.js';

/** The API keys that exist. */
export class FluteKeys {
  private readonly byId = new Map<string, FluteKey>();

  /** @throws SandboxError when the id is taken */
  add(key: FluteKey): FluteKey {
    if (this.byId.has(key.client_id)) {
      throw new SandboxError(`There is already a key with the client id "${key.client_id}".`);
    }
    this.byId.set(key.client_id, key);
    return key;
  }

  find(clientId: string): FluteKey | undefined {
    return this.byId.get(clientId);
  }

  /** As Flute's advice after a leak: a deleted key opens nothing, and its tokens end with it. */
  delete(clientId: string): boolean {
    return this.byId.delete(clientId);
  }

  list(): FluteKey[] {
    return [...this.byId.values()];
  }
}
