import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { ConnectionGuardService } from './connection-guard.service.js';

/** What every provider's guard is; `defineProvider` makes one for a provider. */
export class ConnectionGuard implements CanActivate {
  constructor(
    private readonly guard: ConnectionGuardService,
    private readonly provider: string,
  ) {}

  canActivate(context: ExecutionContext): Promise<boolean> {
    return this.guard.admit(context, this.provider);
  }
}
