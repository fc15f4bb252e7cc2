// An extension as its official library wants it, in a process of its own: the library as it is
// published, Express, its own memory storage, access mode offline. Settings come as JSON.
const { createHash } = require('node:crypto');
const express = require('express');
const { setupFdk } = require('@gofynd/fdk-extension-javascript/express');
const { MemoryStorage } = require('@gofynd/fdk-extension-javascript/express/storage');
const signedCookies = require('./signed-cookies.cjs');

const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const settings = JSON.parse(process.argv[2]);

/** What the library stores, and for how long. */
class WatchedStorage extends MemoryStorage {
  stored = [];

  async set(key, value) {
    this.stored.push({ key, value });
    return super.set(key, value);
  }

  async setex(key, value, ttl) {
    this.stored.push({ key, value, ttl });
    return super.setex(key, value, ttl);
  }
}

async function start() {
  const storage = new WatchedStorage('official');
  const app = express();
  app.use(signedCookies('ext.session'));
  app.use(express.json());
  const fdk = await setupFdk(
    {
      api_key: settings.apiKey,
      api_secret: settings.apiSecret,
      base_url: settings.baseUrl,
      cluster: settings.cluster,
      scopes: settings.scopes,
      access_mode: 'offline',
      storage,
      callbacks: {
        auth: async (req) => `${req.extension.base_url}/company/${req.fdkSession.company_id}`,
        uninstall: async () => undefined,
      },
    },
    true,
  );
  if (!fdk.extension.isInitialized) throw new Error('the official library did not start');
  app.use(fdk.fdkHandler);

  // With the rights of the user who launched.
  fdk.platformApiRoutes.get('/channels', async (req, res) => {
    res.json(await req.platformClient.configuration.getApplications({}));
  });
  app.use('/api', fdk.platformApiRoutes);

  // With the company's own rights, as a background task; `calls` at once, `times` with one client.
  app.get('/background/:company', async (req, res) => {
    const { calls = '1', times = '1' } = req.query;
    const outcomes = await Promise.allSettled(
      Array.from({ length: Number(calls) }, async () => {
        const client = await fdk.getPlatformClient(req.params.company);
        let page;
        for (let time = 0; time < Number(times); time += 1) {
          page = await client.configuration.getApplications({});
        }
        return page;
      }),
    );
    res.json(
      outcomes.map(({ value, reason }) => ({
        items: value?.items?.length,
        error: reason?.message,
      })),
    );
  });
  // As if time had passed: the stored token is due in a minute.
  app.post('/due/:company', async (req, res) => {
    const key = sha256(`${settings.cluster}:${req.params.company}`);
    const session = await storage.get(key);
    await storage.set(key, { ...session, access_token_validity: Date.now() + 60_000 });
    res.json({});
  });
  app.get('/stored', (_req, res) => res.json(storage.stored));
  app.use((error, _req, res, _next) => {
    res.status(500).json({ name: error.constructor.name, message: error.message });
  });
  await new Promise((resolve) => app.listen(settings.port, '127.0.0.1', resolve));
  process.send({ ready: true });
}

process.on('disconnect', () => process.exit(0));
start().catch((error) => {
  process.send({ failed: String(error.message ?? error) }, () => process.exit(1));
});
