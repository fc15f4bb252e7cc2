import { Injectable } from '@nestjs/common';
import type { Wing } from '../foundation/wing.js';
import { AuthorizationRequestStore } from './authorization-request.store.js';
import { InstallCompletion } from './install-completion.js';

/** Exchanges end by themselves; old attempts are deleted. */
@Injectable()
export class InstallWing implements Wing {
  constructor(
    private readonly requests: AuthorizationRequestStore,
    private readonly installs: InstallCompletion,
  ) {}

  prune(): Promise<void> {
    return this.requests.prune();
  }

  settled(): Promise<void> {
    return this.installs.settled();
  }
}
