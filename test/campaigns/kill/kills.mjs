// Kills at random points: victim after victim, each with a batch of renewals in flight.
import { setTimeout as wait } from 'node:timers/promises';
import { Victim } from './processes.mjs';

/** Batches hold a few more than must be in flight: some renewals are between two rounds at the kill. */
const SPARE = 1.5;
const BATCH = 96;
const SHARED = 12;
/** A victim dies at a random point of its first renewals: cold ones, and some rounds of warm ones. */
const WINDOW_MS = 400;

/**
 * On a machine that is busy with other things an answer may take seconds. A timeout would lose it
 * without any kill where there is no grace, and then say nothing about kills.
 */
export const PATIENT = { httpTimeoutMs: 8_000, waitMs: 30_000 };

/** mulberry32: small, and the same everywhere. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A provider as it is on a bad day. Nothing here loses a rotation by itself. */
export function addWeather({ sandbox, grace }, random) {
  const often = (share) => (target) => target.operation === 'token.refresh' && random() < share;
  const add = (share, fault) => sandbox.faults.add({ on: often(share), times: Infinity, fault });
  add(0.01, { kind: 'drop_before_commit' });
  // Without a grace a dropped answer is lost even if nobody is killed.
  if (grace === 'until_used') add(0.01, { kind: 'drop_after_commit' });
  for (const ms of [5, 20, 80]) {
    add(0.15, { kind: 'delay', ms, committed: true });
    add(0.15, { kind: 'delay', ms, committed: false });
  }
}

/**
 * Kills victims until there were `kills` of them and (with `all`) every connection was in flight at
 * one. The next victim is at work before one dies and wants some of the same connections. Some of
 * each batch had been killed before, so that take-overs are killed too; every fourth victim renews
 * by its scheduler as well.
 */
export async function killAtRandom(world, options) {
  const { kills, random, all = true, report = () => undefined } = options;
  let untouched = shuffled(world.ids, random);
  const killedAt = new Map();
  const last = world.kills + kills;
  const giveUp = last + kills + 50;
  let loaded = new Victim();

  const chooseBatch = (rival) => {
    const killsLeft = Math.max(1, last - world.kills - (rival === undefined ? 0 : 1));
    const wanted = Math.min(BATCH, Math.ceil((untouched.length / killsLeft) * SPARE));
    const before = performance.now() - world.takeoverMs;
    const again = [...killedAt].filter(([, at]) => at < before).map(([id]) => id);
    return {
      own: untouched.splice(0, wanted),
      others: [
        ...shuffled(again, random).slice(0, SHARED),
        ...shuffled(rival?.own ?? [], random).slice(0, SHARED),
      ],
    };
  };
  const begin = async (rival) => {
    const { own, others } = chooseBatch(rival);
    const ids = [...new Set([...own, ...others])];
    const background = world.kills % 4 === 3;
    const victim = await world.start({ background }, loaded);
    loaded = new Victim();
    if (background) await makeDue(world, ids);
    await victim.ask('renew', ids);
    return { victim, own };
  };

  const end = async ({ victim, own }) => {
    await victim.kill();
    const inFlight = await world.autopsy(victim);
    for (const id of inFlight) killedAt.set(id, performance.now());
    // A rival may have died with a connection of this one.
    untouched = [...untouched, ...own].filter((id) => !killedAt.has(id));
    report({ inFlight: inFlight.length, untouched: untouched.length });
  };

  let current;
  try {
    current = await begin();
    while (world.kills < last - 1 || (all && untouched.length + current.own.length > 0)) {
      if (world.kills >= giveUp) {
        world.violations.push(
          `${untouched.length} connections were in flight at none of ${world.kills} kills`,
        );
        break;
      }
      const next = await begin(current);
      await wait(random() * WINDOW_MS);
      await end(current);
      current = next;
    }
    await end(current);
  } finally {
    await current?.victim.kill();
    await loaded.kill();
  }
}

/** Row by row: one statement over many rows could lock them crosswise with a victim's. */
async function makeDue(world, ids) {
  for (const id of ids) {
    await world.database.sql(
      "UPDATE flock_connection SET due_at = 1 WHERE status = 'active' AND id = ?",
      [id],
    );
  }
}

function shuffled(list, random) {
  const copy = [...list];
  for (let index = copy.length - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1));
    [copy[index], copy[other]] = [copy[other], copy[index]];
  }
  return copy;
}
