import type { FaultList } from '../faults/fault-list.js';
import type { FaultTarget, Operation } from '../faults/fault-rule.js';
import { playFault } from '../faults/play-fault.js';
import type { Played, RequestStep } from '../faults/request-step.js';
import type { TokenCall } from '../inspection/token-call.js';
import { now, type Exchange } from '../server/exchange.js';

/** Faults whose true answer still reaches the client whole. */
const TRUE_TO_THE_END = new Set(['delay', 'hold', 'slow_body']);

/**
 * Answers one call of a token route, with the fault that is on it, and keeps its record: the fault,
 * the status, the outcome. `step.work()` sets `call.committed` and `call.error`. `ended` runs once,
 * when the answer is out or the client has left; `whole` says that it got the true answer.
 */
export async function answerTokenCall(
  exchange: Exchange,
  faults: FaultList,
  call: TokenCall,
  target: Omit<FaultTarget, 'operation' | 'method'> & { readonly operation?: Operation },
  step: RequestStep,
  ended: (whole: boolean) => void = () => undefined,
): Promise<void> {
  let played: Played = 'true';
  onceClosed(exchange, () => {
    const { response } = exchange;
    call.endedAt = now();
    call.answered = response.writableFinished;
    if (response.headersSent) call.status = response.statusCode;
    if (!call.answered) call.outcome = 'dropped';
    else if (played === 'other') call.outcome = 'faulted';
    else call.outcome = call.committed ? 'issued' : 'refused';
    ended(call.outcome === 'issued' && played === 'true');
  });
  const fault = faults.take({
    ...target,
    operation: target.operation ?? operationOf(call.grant_type),
    method: exchange.method,
  });
  if (!fault) {
    exchange.send(step.work());
    return;
  }
  const { kind } = fault.rule.fault;
  call.fault = kind;
  played = TRUE_TO_THE_END.has(kind) ? 'true' : kind === 'answer' ? 'changed' : 'other';
  await playFault(fault, exchange, step);
}

function operationOf(grantType: string | undefined): Operation {
  if (grantType === 'refresh_token') return 'token.refresh';
  return grantType === 'authorization_code' ? 'token.code' : 'token.other';
}

/** Runs `done` once, as soon as the answer is out or the client has left. */
function onceClosed(exchange: Exchange, done: () => void): void {
  if (exchange.gone) return done();
  let over = false;
  const once = () => {
    if (!over) done();
    over = true;
  };
  exchange.response.once('finish', once).once('close', once);
}
