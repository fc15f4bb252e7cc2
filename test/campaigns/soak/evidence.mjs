// What is known when a run has ended: the sandbox's record, the rows, and what each process wrote down.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CLAIM_MS } from './policy.mjs';

const PROVIDERS = ['flint', 'fynd', 'flute', 'flex-pay', 'flinks-pay'];

export async function gatherEvidence(world, misfortunes) {
  const records = {};
  for (const provider of PROVIDERS)
    records[provider] = await world.sandbox.ask('records', provider);
  const { steps, stalls } = readSteps(world.steps);
  return {
    records,
    attempts: attemptsOf(steps),
    freezes: freezesOf(misfortunes.stops, stalls),
    kills: new Map(misfortunes.kills.map(({ pid, at }) => [pid, at])),
    cuts: misfortunes.cuts,
    connections: await world.database.sql('SELECT * FROM flock_connection'),
    events: await world.database.sql('SELECT * FROM flock_event ORDER BY at'),
    deliveries: await world.database.sql(
      'SELECT id, source, event_id, status, attempts FROM flock_delivery',
    ),
    lines: readHandlerLines(world.handlers),
  };
}

function readSteps(folder) {
  const steps = [];
  const stalls = [];
  for (const name of readdirSync(folder)) {
    const pid = Number(basename(name, '.log'));
    for (const line of readFileSync(join(folder, name), 'utf8').split('\n').filter(Boolean)) {
      const [at, step, third, attemptId] = line.split(' ');
      if (step === 'stalled') stalls.push({ pid, from: Number(at), until: Number(third) });
      else steps.push({ at: Number(at), pid, step, connectionId: third, attemptId });
    }
  }
  return { steps: steps.sort((a, b) => a.at - b.at), stalls };
}

/** By connection: each send with its process, and whether it was answered, stored or rescued. */
function attemptsOf(steps) {
  const byConnection = new Map();
  const open = new Map();
  for (const { at, pid, step, connectionId, attemptId } of steps) {
    if (step === 'sending') {
      const send = { pid, attemptId, sentAt: at };
      const sends = byConnection.get(connectionId) ?? [];
      byConnection.set(connectionId, [...sends, send]);
      open.set(attemptId, send);
    }
    const send = open.get(attemptId);
    if (send === undefined) continue;
    if (step === 'answered') send.answeredAt ??= at;
    if (step === 'rescuing') send.rescued = true;
    if (step === 'stored') send.storedAt ??= at;
  }
  return byConnection;
}

/** When a process stood still for longer than a claim: stopped by us, or by the machine. */
function freezesOf(stops, stalls) {
  const all = [...stops, ...stalls.map((stall) => ({ ...stall, byItself: true }))];
  return all.filter(({ from, until }) => until - from >= CLAIM_MS);
}

function readHandlerLines(file) {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => {
    const [what, eventId, pid, attempt] = line.split(' ');
    return { what, eventId, pid: Number(pid), attempt: Number(attempt) };
  });
}
