import { now } from '../server/exchange.js';
import type { ApiCall } from './api-call.js';
import { RecordLog } from './record-log.js';
import { SecretRegister } from './secret-register.js';
import { TokenAuditor } from './token-audit.js';
import type { TokenCall } from './token-call.js';
import type { Violation } from './violation.js';

/** What one emulated provider has seen. */
export class Records {
  readonly tokenCalls = new RecordLog<TokenCall>();
  readonly apiCalls = new RecordLog<ApiCall>();
  readonly violations = new RecordLog<Violation>();
  readonly secrets = new SecretRegister();
  readonly auditor = new TokenAuditor();

  /** A token call has begun. */
  beginTokenCall(startedAt: number): TokenCall {
    this.auditor.called();
    return this.tokenCalls.add({
      id: this.tokenCalls.total + 1,
      startedAt,
      outcome: 'in_flight',
      committed: false,
      answered: false,
      reuse: false,
      overlap: false,
    });
  }

  /** Something a correct client would not do. */
  violate(rule: string, detail: string): void {
    this.violations.add({ at: now(), rule, detail });
  }

  /** Forgets everything but the secrets. */
  clear(): void {
    this.tokenCalls.clear();
    this.apiCalls.clear();
    this.violations.clear();
    this.auditor.clear();
  }
}
