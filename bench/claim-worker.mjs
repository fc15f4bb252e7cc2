// A process of the claim bench: claims through the scheduler's own statement, as often as it is told to.
import { DueConnections } from '../libs/core/dist/esm/token/renewal/due-connections.js';
import { RenewalService } from '../libs/core/dist/esm/token/renewal/renewal.service.js';
import { ProviderRegistry } from '../libs/core/dist/esm/provider/provider.registry.js';
import { startScaleHost } from './scale-host.mjs';

const { databaseUrl, dataDir } = JSON.parse(process.argv[2]);
const host = await startScaleHost({ flock: { databaseUrl, dataDir, background: false } });
const due = host.get(DueConnections);
const { owner } = host.get(RenewalService);
const app = host.get(ProviderRegistry).get('flint');
const queue = { app, environment: 'live', key: 'bench' };

/** Claims of `limit` until less is left: their times, and every row that was claimed. */
async function drain(limit) {
  due.lookFromTheBeginning();
  const times = [];
  const ids = [];
  for (;;) {
    const started = performance.now();
    const claim = { limit, owner, endpoint: '', credential: '', probe: false };
    const rows = await due.claim(queue, claim);
    if (rows.length === limit) times.push(performance.now() - started);
    ids.push(...rows.map(({ id }) => id));
    if (rows.length < limit) return { times, ids };
  }
}

process.on('message', ({ limit }) => drain(limit).then((result) => process.send(result)));
process.on('disconnect', () => host.close().then(() => process.exit()));
process.send({ ready: true });
