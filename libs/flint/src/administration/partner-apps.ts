import { HiddenSecret } from '@nest-flock/core';
import type { ApiResponse } from '@nest-flock/core';
import { pathIdOf } from '@nest-flock/core/provider';
import { dataOf, unreadable, unreadableWrite } from './answer.js';
import type { FlintWriteOptions } from './answer.js';
import type { FlintDeveloper } from './developer.js';
import { readPartnerApp } from './flint.partner-app.js';
import type { FlintCreatedApp, FlintPartnerApp, FlintRotatedSecret } from './flint.partner-app.js';
import { partnerAppBody, partnerAppPatch } from './flint.partner-app-input.js';
import type { FlintPartnerAppInput, FlintPartnerAppPatch } from './flint.partner-app-input.js';
import { pageQuery, readPage } from './pages.js';
import type { FlintPage, FlintPageQuery } from './pages.js';

export const APPS = '/v1/developer/partner/apps';

export async function createApp(
  { client }: FlintDeveloper,
  input: FlintPartnerAppInput,
  options: FlintWriteOptions,
): Promise<FlintCreatedApp> {
  const response = await client.post(APPS, partnerAppBody(input), options);
  const app = readPartnerApp(dataOf(response));
  if (app === undefined) throw unreadableWrite('the creation of a partner app', response, options);
  const clientSecret = secretOf(dataOf(response)?.client_secret);
  return { ...app, ...(clientSecret !== undefined && { clientSecret }) };
}

export async function listApps(
  { client }: FlintDeveloper,
  query: FlintPageQuery,
): Promise<FlintPage<FlintPartnerApp>> {
  const response = await client.get(APPS, { query: pageQuery(query) });
  return readPage(response, 'the list of partner apps', readPartnerApp);
}

export async function getApp(developer: FlintDeveloper, id?: string): Promise<FlintPartnerApp> {
  const partnerAppId = developer.partnerAppId(id);
  return theApp(await developer.client.get(`${APPS}/${partnerAppId}`), partnerAppId);
}

export async function updateApp(
  developer: FlintDeveloper,
  id: string | undefined,
  patch: FlintPartnerAppPatch,
): Promise<FlintPartnerApp> {
  const partnerAppId = developer.partnerAppId(id);
  // The same values twice are the same app.
  const response = await developer.client.patch(`${APPS}/${partnerAppId}`, partnerAppPatch(patch), {
    repeatable: true,
  });
  return theApp(response, partnerAppId);
}

export async function rotateSecret(
  developer: FlintDeveloper,
  id: string | undefined,
  options: FlintWriteOptions,
): Promise<FlintRotatedSecret> {
  const partnerAppId = developer.partnerAppId(id);
  const path = `${APPS}/${partnerAppId}/rotate-secret`;
  const response = await developer.client.post(path, undefined, options);
  const data = dataOf(response);
  const clientId = pathIdOf(data?.client_id);
  const clientSecret = secretOf(data?.client_secret);
  if (clientId === undefined || clientSecret === undefined) {
    throw unreadableWrite('the rotation of a client secret', response, options);
  }
  return { partnerAppId, clientId, clientSecret };
}

export const secretOf = (value: unknown): HiddenSecret | undefined =>
  typeof value === 'string' && value !== '' ? new HiddenSecret(value) : undefined;

function theApp(response: ApiResponse<unknown>, partnerAppId: string): FlintPartnerApp {
  const app = readPartnerApp(dataOf(response));
  if (app?.partnerAppId === partnerAppId) return app;
  throw unreadable('a partner app');
}
