import { appOf, notFound, type DeveloperCall, type DeveloperRoute } from './developer-call.js';
import { successAnswer } from './envelope.js';
import { makeApp, newClientId, newClientSecret, type FlintApp } from './flint-app.js';
import { pagedAnswer } from './paged-answer.js';
import { readAppChange, readNewApp } from './read-app.js';

const ONE = /^\/v1\/developer\/partner\/apps\/([^/]+)$/;
const ALL = /^\/v1\/developer\/partner\/apps$/;
const UNKNOWN = 'PARTNER_APP_NOT_FOUND';

/** Creating, reading and changing partner apps. */
export const APP_ROUTES: readonly DeveloperRoute[] = [
  { method: 'POST', path: ALL, operation: 'developer.apps', area: 'apps', write: create },
  {
    method: 'GET',
    path: ALL,
    operation: 'developer.apps',
    area: 'apps',
    read: ({ world, exchange }) => pagedAnswer(exchange, world.directory.allApps().map(viewOf)),
  },
  {
    method: 'GET',
    path: ONE,
    operation: 'developer.apps',
    area: 'apps',
    read: (call) => {
      const app = appOf(call);
      return app ? successAnswer(call.exchange.requestId, viewOf(app)) : notFound(call, UNKNOWN);
    },
  },
  {
    method: 'PATCH',
    path: ONE,
    operation: 'developer.apps',
    area: 'apps',
    write: (call) => {
      const app = appOf(call);
      if (!app) return notFound(call, UNKNOWN);
      const { redirect_uris, ...change } = readAppChange(call.body, app.permission_manifest);
      Object.assign(app, change, { updated_at: new Date().toISOString() });
      if (redirect_uris) app.redirect_uris.splice(0, Infinity, ...redirect_uris);
      return { status: 200, data: viewOf(app) };
    },
  },
  {
    method: 'POST',
    path: /^\/v1\/developer\/partner\/apps\/([^/]+)\/rotate-secret$/,
    operation: 'developer.apps',
    area: 'apps',
    write: (call) => {
      const app = appOf(call);
      if (!app) return notFound(call, UNKNOWN);
      app.client_secret = call.world.records.secrets.note(newClientSecret());
      const { partner_app_id, client_id, client_secret } = app;
      return { status: 200, data: { partner_app_id, client_id, client_secret } };
    },
  },
];

/** The secret is in this answer and in no other; whether a replay has it is not documented, here it has. */
function create({ world, body }: DeveloperCall) {
  const registration = readNewApp(body);
  const secret = world.records.secrets.note(newClientSecret());
  const app = world.directory.addApp(makeApp(registration, newClientId(), secret));
  return { status: 201, data: { ...viewOf(app), client_secret: secret } };
}

/** An app as the routes show it. */
function viewOf(app: FlintApp): Record<string, unknown> {
  const { client_secret: _secret, ...shown } = app;
  return {
    ...shown,
    status: 'active',
    allowed_scopes: [
      ...new Set(app.permission_manifest.flatMap(({ required_scopes }) => required_scopes)),
    ],
    api_version: '2026-09-07',
  };
}
