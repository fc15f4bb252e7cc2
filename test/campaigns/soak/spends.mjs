// Was any refresh token spent twice at once, or again although its outcome was known?
import { REFRESH, TAKEOVER_MS, UNSENT_MS } from './policy.mjs';

/** Clocks of one machine, and a line that was written a moment later. */
const SLACK_MS = 100;
/** A request may still be on its way when its process is killed. */
const ON_THE_WAY_MS = 1_000;
const CUT_LASTS_MS = 3_000;
/** The longest that the provider itself is taken to have stood still before it read a request. */
const HELD_UP_MS = 10_000;
/** What a refused refresh token costs nothing: a new token is obtained without any person. */
const SHORTCUTS = new Set(['flute']);

const ownerOf = {
  flint: (call) => call.environment_grant_id,
  fynd: (call) => call.account,
  flute: (call) => `${call.account}/${call.client_id}`,
};

/** Pairs of spends of one token, each explained or not. `idsOf` gives the connections of an owner. */
export function judgeSpends(evidence, idsOf) {
  const verdict = {
    spends: 0,
    spentAgain: 0,
    reasons: {},
    overlaps: 0,
    crossedOnTheWire: 0,
    afterFreeze: 0,
    unexplained: [],
    overlapping: [],
  };
  for (const provider of Object.keys(ownerOf)) {
    for (const calls of spendsOf(evidence.records[provider].tokenCalls)) {
      verdict.spends += calls.length;
      for (const [index, call] of calls.entries()) {
        if (index > 0) judgePair(verdict, evidence, idsOf, provider, calls[index - 1], call);
      }
    }
  }
  return verdict;
}

/** The calls that presented one token, in the order of time. */
function spendsOf(tokenCalls) {
  const byToken = new Map();
  for (const call of tokenCalls) {
    if (call.token_fingerprint === undefined) continue;
    const calls = byToken.get(call.token_fingerprint) ?? [];
    calls.push(call);
    byToken.set(call.token_fingerprint, calls);
  }
  return [...byToken.values()].map((calls) => calls.sort((a, b) => a.startedAt - b.startedAt));
}

function judgePair(verdict, evidence, idsOf, provider, before, call) {
  const owner = ownerOf[provider](call);
  const [first, second] = [before, call].map((one) => sendOf(evidence, idsOf(owner), one));
  const where = `${provider} ${owner}, calls ${before.id} and ${call.id}`;
  const told = `${where}: ${describe(before, first)}; ${describe(call, second)}`;
  verdict.spentAgain += 1;
  if (before.endedAt === undefined || before.endedAt > call.startedAt) {
    const frozen = isFrozen(evidence, first, call) || isFrozen(evidence, second, call);
    // The client had given up, or was dead, before the second send; the sandbox saw it a little later.
    const given = hadGivenUp(evidence, first, second, call);
    if (given) verdict.crossedOnTheWire += 1;
    else if (frozen) verdict.afterFreeze += 1;
    else {
      verdict.overlaps += 1;
      verdict.overlapping.push(told);
    }
    if (!given) return;
  }
  const reason = explain(evidence, provider, idsOf(owner), before, call, first, second);
  if (reason === undefined) verdict.unexplained.push(told);
  else verdict.reasons[reason] = (verdict.reasons[reason] ?? 0) + 1;
}

/** Why the second spend was right. */
function explain(evidence, provider, ids, before, call, first, second) {
  const { outcome, fault } = before;
  if (outcome === 'dropped' || outcome === 'faulted' || outcome === 'in_flight') {
    return fault === undefined ? outcome : fault;
  }
  const from = before.startedAt - ON_THE_WAY_MS;
  const killedAt = evidence.kills.get(first?.pid);
  if (killedAt !== undefined && killedAt >= from && killedAt <= call.startedAt) return 'killed';
  if (first?.rescued) return 'rescued';
  if (isFrozen(evidence, first, call) || isFrozen(evidence, second, call)) return 'frozen';
  const noted = evidence.events.some(
    ({ action, outcome: end, attempt_id }) =>
      action === 'renewal' && end === 'unknown' && attempt_id === first?.attemptId,
  );
  if (noted) return 'recorded as unknown';
  if (wasGivenUp(evidence, ids, before, call)) return 'given up at its deadline';
  if (hasLapsed(first, second)) return 'claim lapsed';
  if (outcome !== 'refused') return undefined;
  if (SHORTCUTS.has(provider)) return 'refused short cut';
  const cut = evidence.cuts.some((at) => at >= from && at <= before.endedAt + CUT_LASTS_MS);
  return cut ? 'refused while the database was cut' : undefined;
}

/**
 * Its owner had waited for its whole deadline: an unknown outcome, after which it may send once more
 * at once. The provider, held up meanwhile, answers what nobody waits for.
 */
function wasGivenUp({ attempts }, ids, before, call) {
  const sends = ids.flatMap((id) => attempts.get(id) ?? []);
  return sends.some(
    ({ sentAt, answeredAt }) =>
      answeredAt - sentAt >= REFRESH.httpTimeoutMs - SLACK_MS &&
      sentAt <= before.startedAt + SLACK_MS &&
      answeredAt >= before.startedAt - HELD_UP_MS &&
      answeredAt <= call.startedAt + SLACK_MS,
  );
}

/** The end could not be stored in time, and whoever took the claim over counted an unknown outcome. */
function hasLapsed(first, second) {
  if (first === undefined || second === undefined || first === second) return false;
  const inTime = first.storedAt !== undefined && first.storedAt <= second.sentAt;
  return !inTime && second.sentAt - first.sentAt >= TAKEOVER_MS - UNSENT_MS - SLACK_MS;
}

/** Which process made a call: the last one that had said it would, and had no answer yet. */
export function sendOf({ attempts }, ids, call) {
  const sends = ids
    .flatMap((id) => attempts.get(id) ?? [])
    .filter(({ sentAt }) => sentAt <= call.startedAt + SLACK_MS)
    .sort((a, b) => a.sentAt - b.sentAt);
  const waiting = sends.filter(
    ({ answeredAt }) => answeredAt === undefined || answeredAt >= call.startedAt - SLACK_MS,
  );
  return waiting.at(-1) ?? sends.at(-1);
}

/** Whether a process stood still for longer than a claim just before or while it sent. */
export function isFrozen({ freezes }, send, call) {
  return freezes.some(
    ({ pid, from, until }) =>
      pid === send?.pid && from <= call.startedAt && until >= send.sentAt - UNSENT_MS,
  );
}

function hadGivenUp({ kills }, first, second, call) {
  if (first === undefined || second === undefined || first === second) return false;
  const killedAt = kills.get(first.pid);
  if (killedAt !== undefined && killedAt <= call.startedAt) return true;
  return first.answeredAt !== undefined && first.answeredAt <= second.sentAt;
}

const describe = ({ outcome, status, fault, committed, startedAt, endedAt }, send) =>
  `${outcome} ${status ?? ''} ${fault ?? ''} committed: ${committed}, ` +
  `${Math.round(startedAt)} to ${endedAt === undefined ? '?' : Math.round(endedAt)}, by ${send?.pid} (${send?.attemptId})`;
