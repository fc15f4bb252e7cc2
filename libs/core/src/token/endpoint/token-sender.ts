import { Inject, Injectable } from '@nestjs/common';
import { setTimeout as wait } from 'node:timers/promises';
import { Fleet } from '../../foundation/fleet/fleet.js';
import type { SendRoom } from '../../foundation/fleet/send-limits.js';
import { TokenTransport } from '../../foundation/http/token-transport.js';
import type { TokenRequest, TokenResponse } from '../../foundation/http/token-transport.js';
import type { ProviderPlace } from '../../provider/provider-place.js';
import { readTokenAnswer } from '../../provider/read-token-answer.js';
import type { RegisteredApp } from '../../provider/registered-app.js';
import type { TokenOutcome } from '../../provider/token-answer.js';
import { RenewalRequests } from './renewal-request.js';
import { RENEWAL_POLICY } from './renewal-policy.js';
import type { RenewalPolicy } from './renewal-policy.js';

const FREE: SendRoom = { restMs: 0, room: Infinity };

/**
 * The one way to a token endpoint: keeps to what the provider takes of this fleet, and tells the
 * fleet when it asks for quiet. Book first; what is booked is then sent.
 */
@Injectable()
export class TokenSender {
  constructor(
    private readonly fleet: Fleet,
    private readonly requests: RenewalRequests,
    @Inject(RENEWAL_POLICY) private readonly policy: RenewalPolicy,
    @Inject(TokenTransport) private readonly transport: TokenTransport,
  ) {}

  /** What the place's endpoint takes now. */
  peek(app: RegisteredApp, place: ProviderPlace): Promise<SendRoom> {
    const endpoint = this.endpoint(app, place);
    if (endpoint === undefined) return Promise.resolve(FREE);
    return this.fleet.limits.peek(endpoint, app.ratePerSecond);
  }

  /**
   * Waits for a free place under the ceiling. 0: send now; else nothing may be sent for so many
   * milliseconds. With `inPerson` the answer is always 0: somebody waits, and what they bring dies soon.
   */
  async book(
    app: RegisteredApp,
    place: ProviderPlace,
    { inPerson = false }: { inPerson?: boolean } = {},
  ): Promise<number> {
    const endpoint = this.endpoint(app, place);
    if (endpoint === undefined) return 0;
    const { limits } = this.fleet;
    // Within the claim: the call and the storing of its result need the rest of it.
    const within = this.policy.storeBudgetMs / 2;
    const { booked, waitMs } = await limits.book(endpoint, within, app.ratePerSecond);
    if (!booked) return inPerson ? 0 : Math.max(1, waitMs);
    if (waitMs === 0) return 0;
    await wait(waitMs);
    return inPerson ? 0 : (await limits.peek(endpoint)).restMs;
  }

  /** Sends what was booked. */
  async send(
    app: RegisteredApp,
    place: ProviderPlace,
    request: TokenRequest,
  ): Promise<{ readonly outcome: TokenOutcome; readonly response: TokenResponse }> {
    const response = await this.transport.send(request, this.policy.httpTimeoutMs);
    const outcome = readTokenAnswer(response, app.definition.tokenProblem);
    const asked = 'retryAfterSeconds' in outcome ? outcome.retryAfterSeconds : undefined;
    const endpoint = this.endpoint(app, place);
    if (asked !== undefined && asked > 0 && endpoint !== undefined) {
      await this.fleet.limits.pause(endpoint, asked * 1_000);
    }
    return { outcome, response };
  }

  /** The provider grants again what it had asked to wait for. */
  async resume(app: RegisteredApp, place: ProviderPlace): Promise<void> {
    const endpoint = this.endpoint(app, place);
    if (endpoint !== undefined) await this.fleet.limits.resume(endpoint);
  }

  /** Apps have limits of their own at one endpoint. `undefined` where no endpoint is known. */
  private endpoint(app: RegisteredApp, place: ProviderPlace): string | undefined {
    try {
      return `${this.requests.endpointCircuit(app, place).id}/${app.name}`;
    } catch {
      return undefined;
    }
  }
}
