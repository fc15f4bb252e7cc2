// A process of the million bench: a host app that starts, reads, pages or idles as it is told.
import { setTimeout as wait } from 'node:timers/promises';
import { ConnectionService, DeliveryService, TokenService } from '@nest-flock/core';
import { ConnectionCache } from '../libs/core/dist/esm/connection/connection.cache.js';
import { startScaleHost } from './scale-host.mjs';

const began = performance.now();
const host = await startScaleHost({ flock: JSON.parse(process.argv[2]) });
const startMs = performance.now() - began;

const memory = () => {
  global.gc();
  return process.memoryUsage.rss();
};

const work = {
  idle: ({ seconds }) => wait(seconds * 1_000),

  /** Reads tokens of so many different connections, 64 at once. */
  async read({ ids }) {
    const tokens = host.get(TokenService);
    const before = memory();
    let most = before;
    let next = 0;
    const reader = async () => {
      while (next < ids.length) {
        await tokens.getAccessToken(ids[next++]);
        if (next % 1_000 === 0) most = Math.max(most, process.memoryUsage.rss());
      }
    };
    const started = performance.now();
    await Promise.all(Array.from({ length: 64 }, reader));
    const ms = (performance.now() - started) / ids.length;
    return { ms, before, most, after: memory(), cached: host.get(ConnectionCache).size };
  },

  /** All pages of a list: their times, and how many rows they held. */
  async page({ list, filter }) {
    const times = [];
    const seen = new Set();
    let rows = 0;
    let after;
    do {
      const started = performance.now();
      const question = { ...filter, ...(after !== undefined && { after }) };
      const page =
        list === 'deliveries'
          ? await host.get(DeliveryService).list(question)
          : await host.get(ConnectionService).find(question);
      times.push(performance.now() - started);
      for (const { id } of page.deliveries ?? page.connections) {
        rows += 1;
        seen.add(id);
      }
      after = page.next;
    } while (after !== undefined);
    return { times, rows, doubles: rows - seen.size };
  },
};

process.on('message', ({ kind, ...order }) =>
  work[kind](order).then((result) => process.send(result ?? {})),
);
process.on('disconnect', () => host.close().then(() => process.exit()));
process.send({ startMs, memory: memory() });
