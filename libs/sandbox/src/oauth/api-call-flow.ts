import type { FaultList } from '../faults/fault-list.js';
import type { FaultTarget } from '../faults/fault-rule.js';
import { playFault } from '../faults/play-fault.js';
import type { RequestStep } from '../faults/request-step.js';
import type { ApiCall } from '../inspection/api-call.js';
import { fingerprint } from '../inspection/fingerprint.js';
import type { Records } from '../inspection/records.js';
import type { Exchange } from '../server/exchange.js';
import { bearerOf } from './bearer.js';

/** Records one call of a resource API; the status follows when the answer is out. */
export function recordApiCall(
  records: Records,
  exchange: Exchange,
  path: string,
): { call: ApiCall; token: string | undefined } {
  const token = bearerOf(exchange.header('authorization'));
  if (token !== undefined) records.secrets.note(token);
  const key = exchange.header('idempotency-key');
  const call = records.apiCalls.add({
    at: exchange.startedAt,
    method: exchange.method,
    path,
    request_id: exchange.requestId,
    status: 0,
    ...(key !== undefined && { idempotency_key: key }),
    ...(token !== undefined && { authorization_fingerprint: fingerprint(token) }),
  });
  exchange.response.once('finish', () => {
    call.status = exchange.response.statusCode;
  });
  return { call, token };
}

/** Answers one call of a resource API, with the fault that is on it. */
export async function answerApiCall(
  exchange: Exchange,
  faults: FaultList,
  call: ApiCall,
  target: Omit<FaultTarget, 'method' | 'path'>,
  step: RequestStep,
): Promise<void> {
  const fault = faults.take({ ...target, method: exchange.method, path: call.path });
  if (!fault) {
    exchange.send(step.work());
    return;
  }
  call.fault = fault.rule.fault.kind;
  await playFault(fault, exchange, step);
}
