import { setImmediate } from 'node:timers/promises';
import { AuditService } from '../../foundation/audit/audit.service.js';
import { RescueService } from '../../token/rescue/rescue.service.js';
import { Resealer } from '../../foundation/sealing/resealer.js';
import type { ResealOutcome } from '../../foundation/sealing/resealer.js';
import { SealedValues } from '../../foundation/sealing/sealed-values.js';
import type { SealedValue } from '../../foundation/sealing/sealed-values.js';
import { SealingService } from '../../foundation/sealing/sealing.service.js';
import { EXIT } from './flock-command.js';
import type { CommandContext, FlockCommand } from './flock-command.js';
import { Pace } from './pace.js';
import { readNumber } from './read-number.js';

/** Values in hand at once; then the event loop goes round. */
const BATCH = 64;
const REPORT_EVERY_MS = 1_000;
/** Ids of unreadable values that are printed. */
const LISTED = 100;

/** Seals everything anew under the newest key, while instances serve. */
export const reseal: FlockCommand = {
  name: 'reseal',
  summary: 'Seals everything anew under the newest key; run it again to go on.',
  usage: '[--rows-per-second 500]',
  options: { 'rows-per-second': { type: 'string' } },
  mostArguments: 0,

  async run(context: CommandContext): Promise<number> {
    const { app, options, output, signal } = context;
    const option = 'rows-per-second';
    const rate = readNumber(options[option], { option, min: 1, max: 1_000_000, initial: 500 });
    const [values, sealing] = [app.get(SealedValues), app.get(SealingService)];
    const total = older(await values.count(), sealing.newestKey);
    output.say('begin', `${total} values name another key than "${sealing.newestKey}".`, {
      newest: sealing.newestKey,
      total,
    });
    const { outcomes, unreadable } = await resealAll(context, total, new Pace(rate, signal));
    const summary = { ...outcomes, interrupted: signal.aborted };
    output.say(
      'resealed',
      `${outcomes.resealed} resealed, ${outcomes.changed} changed meanwhile, ${outcomes.unreadable} cannot be opened.`,
      summary,
    );
    if (outcomes.resealed > 0) {
      await app.get(AuditService).note({
        actor: 'operator',
        action: 'reseal',
        outcome: signal.aborted ? 'interrupted' : 'finished',
        reason: `${outcomes.resealed} values under key ${sealing.newestKey}`,
      });
    }
    if (signal.aborted) {
      output.say('interrupted', 'Stopped. Nothing is lost: run the same command again to go on.');
      return EXIT.interrupted;
    }
    for (const { place } of unreadable.slice(0, LISTED)) {
      const { table, row, column } = place;
      output.say('unreadable', `cannot be opened: ${table} ${row} (${column})`, { ...place });
    }
    return reportKeys(context);
  },
};

async function resealAll({ app, output, signal }: CommandContext, total: number, pace: Pace) {
  const newest = app.get(SealingService).newestKey;
  const outcomes: Record<ResealOutcome, number> = { resealed: 0, changed: 0, unreadable: 0 };
  const unreadable: SealedValue[] = [];
  let reportedAt = performance.now();
  for await (const page of app.get(SealedValues).pages()) {
    const due = page.filter(({ keyId }) => keyId !== newest);
    for (let start = 0; start < due.length; start += BATCH) {
      if (signal.aborted) return { outcomes, unreadable };
      const batch = due.slice(start, start + BATCH);
      const ends = await Promise.all(batch.map(({ place }) => app.get(Resealer).reseal(place)));
      for (const [index, end] of ends.entries()) {
        outcomes[end] += 1;
        if (end === 'unreadable') unreadable.push(batch[index] as SealedValue);
      }
      if (performance.now() - reportedAt > REPORT_EVERY_MS) {
        reportedAt = performance.now();
        const done = outcomes.resealed + outcomes.changed + outcomes.unreadable;
        const remaining = Math.max(0, total - done);
        output.say('progress', `${done} done, ${remaining} remaining`, { done, remaining });
      }
      await pace.after(batch.length);
      await setImmediate();
    }
    if (signal.aborted) break;
  }
  return { outcomes, unreadable };
}

/** Says of each key whether anything names it still. */
async function reportKeys({ app, output }: CommandContext): Promise<number> {
  const values = await app.get(SealedValues).count();
  const files = app.get(RescueService).keysInFiles();
  const { newestKey, keyIds } = app.get(SealingService);
  let left = 0;
  for (const id of new Set([...keyIds, ...values.keys(), ...files.keys()])) {
    const count = { values: values.get(id) ?? 0, rescueFiles: files.get(id) ?? 0 };
    const named = `key "${id}" is named by ${count.values} values and ${count.rescueFiles} rescue files`;
    if (id === newestKey)
      output.say('key', `${named}; it seals.`, { id, ...count, state: 'seals' });
    else if (count.values + count.rescueFiles === 0) {
      output.say(
        'key',
        `${named}: it may be removed from FLOCK_ENCRYPTION_KEYS, an hour after the last instance sealed with it.`,
        { id, ...count, state: 'retirable' },
      );
    } else {
      left += count.values + count.rescueFiles;
      const state = keyIds.includes(id) ? 'needed' : 'missing';
      output.say('key', `${named}: ${WHY[state]}`, { id, ...count, state });
    }
  }
  if (left === 0) return EXIT.done;
  output.say('left', `${left} values do not name the newest key.`, { left });
  return EXIT.failed;
}

const WHY = {
  needed:
    'keep it. If instances seal with it still, put the newest key first everywhere; rescue files are stored by their own instances. Then run reseal again.',
  missing: 'it is not in FLOCK_ENCRYPTION_KEYS. Put it back, or these values are lost.',
} as const;

function older(counts: ReadonlyMap<string, number>, newest: string): number {
  let sum = 0;
  for (const [id, count] of counts) if (id !== newest) sum += count;
  return sum;
}
