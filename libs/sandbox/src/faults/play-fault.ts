import { jsonAnswer, redirectAnswer, type Answer } from '../server/answer.js';
import type { Exchange } from '../server/exchange.js';
import type { ActiveFault } from './active-fault.js';
import type { Fault } from './fault.js';
import { hugeBody, pause, slowBody, truncatedBody } from './odd-bodies.js';
import type { Played, RequestStep } from './request-step.js';

/** Plays a fault on a request. Resolves when nothing more will be sent. */
export async function playFault(
  active: ActiveFault,
  exchange: Exchange,
  step: RequestStep,
): Promise<Played> {
  const fault = active.rule.fault;
  if (fault.kind !== 'hold') active.met();
  switch (fault.kind) {
    case 'delay':
      return late(exchange, step, fault.committed ?? true, () => pause(exchange, fault.ms));
    case 'hold':
      return late(exchange, step, fault.committed ?? true, () =>
        active.hold(exchange.whenClosed()),
      );
    case 'hang':
      if (fault.committed) step.work();
      await exchange.whenClosed();
      return 'nothing';
    case 'slow_body':
      await slowBody(exchange, step.work(), fault.ms);
      return 'true';
    case 'truncate':
      await truncatedBody(exchange, step.work());
      return 'other';
    case 'huge_body':
      if (fault.committed ?? true) step.work();
      await hugeBody(exchange, fault.bytes ?? 64 * 1024 * 1024);
      return 'other';
    case 'drop_before_commit':
      exchange.cut();
      return 'nothing';
    case 'drop_after_commit':
      step.work();
      exchange.cut();
      return 'nothing';
    case 'answer':
      exchange.send(
        changed(step.work({ keepRefreshToken: fault.omit?.includes('refresh_token') }), fault),
      );
      return 'changed';
    default:
      if (fault.committed ?? commitsByDefault(fault)) step.work();
      exchange.send(instead(fault, step));
      return 'other';
  }
}

type InsteadFault = Extract<
  Fault,
  { kind: 'html' | 'empty_object' | 'redirect' | 'rate_limit' | 'status' | 'error' }
>;

function commitsByDefault(fault: InsteadFault): boolean {
  return fault.kind === 'html' || fault.kind === 'empty_object';
}

function instead(fault: InsteadFault, step: RequestStep): Answer {
  switch (fault.kind) {
    case 'html':
      return {
        status: 200,
        headers: { 'content-type': 'text/html; charset=utf-8' },
        body: '<!doctype html><title>Just a moment</title><p>Please stand by.</p>',
      };
    case 'empty_object':
      return jsonAnswer(200, {});
    case 'redirect':
      return redirectAnswer(fault.status ?? 307, fault.to);
    case 'rate_limit':
      return step.rateLimit(
        fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) },
      );
    case 'status':
      if (typeof fault.body === 'string' || fault.body === undefined) {
        return {
          status: fault.status,
          headers: { 'content-type': 'text/plain; charset=utf-8' },
          body: fault.body ?? '',
        };
      }
      return jsonAnswer(fault.status, fault.body);
    case 'error':
      return step.error(fault.status ?? 400, fault.error, fault.description);
  }
}

async function late(
  exchange: Exchange,
  step: RequestStep,
  workFirst: boolean,
  wait: () => Promise<void>,
): Promise<Played> {
  const early = workFirst ? step.work() : undefined;
  await wait();
  if (exchange.gone) return 'nothing';
  exchange.send(early ?? step.work());
  return 'true';
}

function changed(answer: Answer, fault: Extract<Fault, { kind: 'answer' }>): Answer {
  const body = JSON.parse(answer.body) as Record<string, unknown>;
  Object.assign(body, fault.set);
  for (const name of fault.omit ?? []) delete body[name];
  return { ...answer, body: JSON.stringify(body) };
}
