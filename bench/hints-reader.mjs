// The process that must obey: reads a connection again and again and says when it was refused.
import { TokenService } from '@nest-flock/core';
import { setImmediate } from 'node:timers/promises';
import { startHost } from './host.mjs';

const { app, stop } = await startHost({ ...JSON.parse(process.argv[2]), connections: 0 });
const tokens = app.get(TokenService);

process.on('message', async (id) => {
  await tokens.getAccessToken(id);
  process.send('reading');
  // Memory alone: what a request sees, without a query of its own.
  while (tokens.peek(id) !== undefined) await setImmediate();
  process.send(performance.timeOrigin + performance.now());
});
process.on('disconnect', () => stop().then(() => process.exit(0)));
process.send('ready');
