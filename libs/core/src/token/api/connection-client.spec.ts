import type { HttpService } from '@nestjs/axios';
import type { AxiosRequestConfig } from 'axios';
import { of } from 'rxjs';
import type { Connection } from '../../provider/connection.js';
import type { RegisteredApp } from '../../provider/registered-app.js';
import type { GetAccessTokenOptions } from '../token.service.js';
import { ConnectionClient } from './connection-client.js';
import { ConnectionClients } from './connection-clients.js';

const app = {
  provider: 'flint',
  definition: { title: 'Flint' },
  endpoints: () => ({ api: 'https://api.example/v1' }),
  place: () => ({ environment: 'live' }),
  connectDetails: () => ({}),
} as unknown as RegisteredApp;

describe('a call as a connection', () => {
  const requests: AxiosRequestConfig[] = [];
  const wishes: (GetAccessTokenOptions | undefined)[] = [];
  let statuses: number[];
  const http = {
    axiosRef: { defaults: {} },
    request: (config: AxiosRequestConfig) => {
      requests.push(config);
      return of({ status: statuses.shift() ?? 200, headers: {}, data: {} });
    },
  } as unknown as HttpService;
  const client = new ConnectionClient({ id: 'c1' } as Connection, app, http, {
    getAccessToken: (_ref, options) => {
      wishes.push(options);
      return Promise.resolve('token');
    },
  });

  beforeEach(() => {
    requests.length = 0;
    wishes.length = 0;
    statuses = [];
  });

  it('asks for a token without a word where nothing is wished', async () => {
    await client.get('/orders');
    expect(wishes).toEqual([undefined]);
    expect(requests[0]).not.toHaveProperty('signal');
  });

  it('hands the caller’s signal to the call, and to whoever gets the token, the next one too', async () => {
    const { signal } = new AbortController();
    statuses = [401, 200];
    await client.get('/orders', { signal, fresh: true });
    expect(wishes).toEqual([
      { fresh: true, signal },
      { rejected: 'token', signal },
    ]);
    expect(requests.map((config) => config.signal)).toEqual([signal, signal]);
  });
});

describe('a call to a server that somebody registered', () => {
  it.each([
    ['looks its name up where only public addresses count', false, true],
    ['leaves that to the proxy, where there is one', { host: 'proxy.example' }, false],
  ])('%s', async (_what, proxy, looksUp) => {
    const requests: AxiosRequestConfig[] = [];
    const http = {
      axiosRef: { defaults: { proxy } },
      request: (config: AxiosRequestConfig) => {
        requests.push(config);
        return of({ status: 200, headers: {}, data: {} });
      },
    } as unknown as HttpService;
    const connection = { id: 'c1', serverUrl: 'https://eu.example' } as Connection;
    const client = new ConnectionClient(connection, app, http, {
      getAccessToken: () => Promise.resolve('token'),
    });
    await client.get('/orders');
    expect(requests[0]?.lookup !== undefined).toBe(looksUp);
  });
});

describe('a call of a public route', () => {
  const asked: unknown[] = [];
  const http = {
    request: ({ url }: AxiosRequestConfig) => {
      asked.push(url);
      return of({ status: 200, headers: {}, data: { open: true } });
    },
  } as unknown as HttpService;
  const clients = new ConnectionClients({} as never, http, {} as never);

  it('goes to the provider’s origin and nowhere else', async () => {
    expect(await clients.open(app, 'live', 'https://api.example/v1/open')).toEqual({ open: true });
    for (const url of ['https://api.example.evil/v1', 'http://api.example/v1']) {
      await expect(clients.open(app, 'live', url)).rejects.toMatchObject({
        code: 'provider_refused',
        message: 'Calls of this app go to https://api.example only.',
      });
    }
    expect(asked).toEqual(['https://api.example/v1/open']);
  });
});
