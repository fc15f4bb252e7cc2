import type { ApiCall } from './api-call.js';
import type { Records } from './records.js';
import type { TokenAudit } from './token-audit.js';
import type { TokenCall } from './token-call.js';
import type { Violation } from './violation.js';

/** What every emulated provider shows of what it has seen. */
export abstract class RecordedSandbox {
  /** @internal */
  abstract readonly world: { readonly records: Records };

  /** Calls of the token routes since the last reset, oldest first; at most about 250 000 are kept. */
  get tokenCalls(): readonly TokenCall[] {
    return this.world.records.tokenCalls.all;
  }

  /** Calls of the API since the last reset, oldest first; at most about 250 000 are kept. */
  get apiCalls(): readonly ApiCall[] {
    return this.world.records.apiCalls.all;
  }

  /** What a correct client would not have done, since the last reset, oldest first. */
  get violations(): readonly Violation[] {
    return this.world.records.violations.all;
  }

  /** Sums over all token calls since the last reset. Costs nothing. */
  audit(): TokenAudit {
    return this.world.records.auditor.audit;
  }

  /**
   * Every token, code, password, secret and card number that was issued or received: none of them may
   * be found in a log.
   */
  secretsSeen(): string[] {
    return this.world.records.secrets.list();
  }
}
