// Every promise, against what the sandbox has seen and the store holds.
import { runsOf } from '../ingest/storm.mjs';
import { meantFor } from './meant-for.mjs';
import { judgeMemory } from './memory.mjs';
import { isFrozen, judgeSpends, sendOf } from './spends.mjs';
import { GRACELESS } from './world.mjs';

/** Judged with the spends themselves. */
const ABOUT_SPENDS = new Set(['overlapping_refresh', 'rotated_refresh_token_reused']);
/** Between the provider's deed and our note of it. */
const LATE_MS = 1_000;
/** The one exception that is stated: it is counted apart. */
const FROZEN = 'spent again by a process that was stopped past its claim';
/** Lookups of connections hand on what the driver throws. */
const OF_THE_DATABASE = /QueryFailedError|QueryRunnerAlreadyReleasedError/;
const SHOWN = 5;

/** Rows of the table: `violations` is empty where the promise was kept. */
export function judge(run, evidence) {
  const spends = judgeSpends(evidence, idsByOwner(run, evidence));
  const figures = [];
  const row = (name, figure, violations = []) => figures.push({ name, figure, violations });
  const { reasons } = spends;
  row('spends of refresh tokens', spends.spends);
  row('overlapping spends of one token', spends.overlaps, spends.overlapping);
  row('  after a process was stopped past its claim', spends.afterFreeze);
  row('  crossed on the wire: the client had given up', spends.crossedOnTheWire);
  row('second spends without an unknown outcome', spends.unexplained.length, spends.unexplained);
  row('  second spends explained', `${spends.spentAgain} (${list(reasons)})`);
  judgeCalls(evidence, row);
  judgeRefusals(evidence, row);
  judgeConnections(run, evidence, row);
  judgeUse(run, row);
  judgeDeliveries(run, evidence, row);
  judgeLeaks(run, evidence, row);
  const files = run.world.rescueFiles();
  row('rescue files left', files.length, files);
  judgeMemory(run.memory, row);
  const { misfortunes, world } = run;
  const ended = [...world.endedByThemselves, ...misfortunes.violations];
  row('hosts that ended by themselves or badly', ended.length, ended);
  const errors = [...run.unexpected].filter((text) => !OF_THE_DATABASE.test(text));
  row('errors of readers that the database threw', run.unexpected.size - errors.length);
  row('errors of readers that nobody explains', errors.length, errors);
  const partial = Object.entries(evidence.records).filter(([, { complete }]) => !complete);
  row(
    'records of the sandbox that are not whole',
    partial.length,
    partial.map(([name]) => name),
  );
  return figures;
}

const list = (counts) =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');

/** Connections that an owner has or had. */
function idsByOwner({ owners }, { connections }) {
  const ids = new Map([...owners].map(([owner, set]) => [owner, new Set(set)]));
  for (const { id, provider, account } of connections) {
    if (provider !== 'flint' && provider !== 'fynd') continue;
    if (!ids.has(account)) ids.set(account, new Set());
    ids.get(account).add(id);
  }
  return (owner) => [...(ids.get(owner) ?? [])];
}

/** Each call said whose token it was meant to carry. */
function judgeCalls({ records }, row) {
  const wrong = [];
  const counts = { calls: 0, 401: 0, unlabelled: 0 };
  for (const [provider, { apiCalls }] of Object.entries(records)) {
    for (const { request_id, token_of, status, path } of apiCalls) {
      const owner = meantFor(request_id);
      if (owner === undefined) {
        counts.unlabelled += 1;
        continue;
      }
      counts.calls += 1;
      if (status === 401) counts[401] += 1;
      if (token_of !== owner) {
        wrong.push(`${provider} ${path}: meant for ${owner}, sent with a token of ${token_of}`);
      }
    }
  }
  row('API calls', `${counts.calls} (${counts[401]} answered 401)`);
  row('API calls with a token of somebody else', wrong.length, wrong);
}

/** What a correct client does not do, such as a token at the wrong app, company or environment. */
function judgeRefusals({ records }, row) {
  const wrong = Object.entries(records).flatMap(([provider, { violations }]) =>
    violations
      .filter(({ rule }) => !ABOUT_SPENDS.has(rule))
      .map(({ rule, detail }) => `${provider} ${rule}: ${detail}`),
  );
  row('tokens or requests at a wrong place', wrong.length, wrong);
}

function judgeConnections(run, evidence, row) {
  const { merchants, world } = run;
  const { connections } = evidence;
  const rows = new Map(connections.map((one) => [one.id, one]));
  const marks = judgeMarks(merchants, evidence, rows);
  const told = ({ provider, account, id, reason }) =>
    `${provider} ${account} (${id}) was marked: ${reason}`;
  const wrongly = marks.filter(({ why }) => why === undefined).map(told);
  const marked = new Set(marks.map(({ id }) => id));
  for (const { id, provider, account, status, status_reason } of connections) {
    const say = (text) => wrongly.push(`${provider} ${account} (${id}) is ${status}: ${text}`);
    if (status === 'reauthorization_required' && !marked.has(id)) say(`${status_reason}, no event`);
    const asked = merchants.disconnected.has(id) || merchants.withdrawn.has(account);
    if (status === 'revoked' && !asked) say(`${status_reason}, nobody asked for it`);
  }
  const reasons = countBy(marks, ({ why }) => why ?? 'unexplained');
  row('connections marked', `${marks.length} (${list(reasons)})`);
  row('connections marked or ended wrongly', wrongly.length, wrongly);
  const lost = marks.filter(
    ({ provider, why, reason }) =>
      reason === 'rotation_lost' && why === undefined && !GRACELESS.includes(provider),
  );
  row('rotations lost where there is a grace', lost.length, lost.map(told));
  const unreadable = connections.filter(({ failure }) => failure === 'unreadable');
  row(
    'unreadable rows',
    unreadable.length,
    unreadable.map(({ id }) => id),
  );
  const vanished = [...world.targets.keys()].filter((id) => !rows.has(id));
  row('connections that have vanished', vanished.length, vanished);
}

/** Every time that a merchant was asked to install again; `why` is undefined where it was wrong. */
function judgeMarks(merchants, evidence, rows) {
  const { events, records } = evidence;
  const codes = records.flint.tokenCalls.filter(
    (call) => call.grant_type === 'authorization_code' && call.committed,
  );
  const reuses = records.fynd.tokenCalls.filter(({ reuse }) => reuse);
  const reasonOf = (account, provider, id, reason, at) => {
    if ((merchants.withdrawn.get(account) ?? Infinity) <= at + LATE_MS) {
      return 'withdrawn at the provider';
    }
    const reused = reuses.some((call) => call.account === account && call.startedAt <= at);
    if (reason === 'rotation_lost' && GRACELESS.includes(provider) && reused) {
      return 'rotation lost without any grace';
    }
    // An install ends the older tokens at the provider; its own were not stored by then.
    const exchange = codes.findLast(
      (call) => call.environment_grant_id === account && call.startedAt <= at,
    );
    const stored = events.some(
      (event) =>
        event.action === 'install' &&
        event.connection_id === id &&
        /connected$/.test(event.outcome) &&
        Number(event.at) >= exchange?.startedAt &&
        Number(event.at) <= at,
    );
    if (exchange !== undefined && !stored) return 'replaced by an install';
    const slept = records.flint.tokenCalls.some(
      (call) =>
        call.environment_grant_id === account &&
        call.reuse &&
        call.startedAt <= at &&
        isFrozen(evidence, sendOf(evidence, [id], call), call),
    );
    return slept ? FROZEN : undefined;
  };
  return events
    .filter(({ action, outcome }) => action === 'renewal' && outcome === 'reauthorization_required')
    .map(({ connection_id: id, reason, at }) => {
      const { account, provider } = rows.get(id) ?? {};
      return {
        id,
        account,
        provider,
        reason,
        why: reasonOf(account, provider, id, reason, Number(at)),
      };
    });
}

const countBy = (all, keyOf) =>
  all.reduce((counts, one) => ({ ...counts, [keyOf(one)]: (counts[keyOf(one)] ?? 0) + 1 }), {});

/** A real call with each connection that nothing is wrong with. */
function judgeUse({ used, unsettled }, row) {
  const failed = used.filter(({ outcome }) => outcome !== '200' && outcome !== 'marked');
  row('connections that were usable in the end', used.length - failed.length);
  row(
    'connections that were not',
    failed.length,
    failed.map(({ id, outcome }) => `${id}: ${outcome}`),
  );
  row('due or held rows after settling', unsettled.length, unsettled);
}

function judgeDeliveries({ webhooks }, { deliveries, lines, freezes }, row) {
  const wrong = [];
  const runs = runsOf(lines, wrong);
  const byId = new Map(deliveries.map((one) => [one.event_id, one]));
  let again = 0;
  let frozen = 0;
  for (const id of webhooks.answered) {
    const own = runs.get(id) ?? [];
    const status = byId.get(id)?.status;
    if (status !== 'done') wrong.push(`${id} was answered, and is ${status ?? 'not there'}`);
    if (!own.some(({ ended }) => ended)) wrong.push(`${id} was answered, and never handled`);
    for (const [index, one] of own.slice(1).entries()) {
      again += 1;
      const { pid } = own[index];
      if (one.dead.has(pid)) continue;
      // It may also be the later one that had slept since its claim.
      const slept = freezes.some((freeze) => freeze.pid === pid || freeze.pid === one.pid);
      if (slept) frozen += 1;
      else wrong.push(`${id}: ${one.pid} began although ${pid} lived`);
    }
  }
  for (const { id, source, event_id, status } of deliveries) {
    if (status !== 'done') wrong.push(`${source} ${event_id ?? id} is ${status}`);
  }
  row('webhooks answered', `${webhooks.answered.size}, ${webhooks.copies} sent again`);
  row('  handled again after a kill', again - frozen);
  row('  handled again after a process was stopped', frozen);
  row('deliveries lost, stuck or handled twice', wrong.length, wrong);
}

function judgeLeaks({ world }, { events }, row) {
  const { given, canary, webhookSecret } = world;
  const secrets = [canary, webhookSecret, given.flint.clientSecret, given.second.clientSecret];
  const texts = [...world.printed(), { name: 'the audit trail', text: JSON.stringify(events) }];
  const found = texts.filter(({ text }) => secrets.some((secret) => text.includes(secret)));
  const size = texts.reduce((sum, { text }) => sum + text.length, 0);
  row(
    `secrets in ${Math.round(size / 1_024)} KB of output`,
    found.length,
    found.map(({ name }) => name),
  );
}

export const shown = (violations) => violations.slice(0, SHOWN);
