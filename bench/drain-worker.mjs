// A process of the drain bench: an ordinary host app; its timers drain what is due.
import { UndiciTokenTransport } from '../libs/core/dist/esm/foundation/http/undici-token-transport.js';
import { startScaleHost } from './scale-host.mjs';

const { databaseUrl, dataDir, baseUrl, renewal } = JSON.parse(process.argv[2]);
const transport = new UndiciTokenTransport();
let running = 0;
let most = 0;
let memory = 0;

const host = await startScaleHost({
  baseUrl,
  flock: {
    databaseUrl,
    dataDir,
    renewal,
    tokenTransport: {
      async send(...call) {
        running += 1;
        most = Math.max(most, running);
        try {
          return await transport.send(...call);
        } finally {
          running -= 1;
        }
      },
      close: () => transport.close(),
    },
  },
});
setInterval(() => (memory = Math.max(memory, process.memoryUsage.rss())), 50).unref();

process.on('message', () => process.send({ most, memory }));
process.on('disconnect', () => host.close().then(() => process.exit()));
process.send({ memory: process.memoryUsage.rss() });
