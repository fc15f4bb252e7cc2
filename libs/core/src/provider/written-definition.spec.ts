import { variable } from '../foundation/configuration/variable.js';
import { CAUTIOUS_PROFILE } from './provider-profile.js';
import { completed } from './written-definition.js';

describe('a definition as it is written', () => {
  const written = {
    provider: 'harbor',
    title: 'Harbor',
    variables: { baseUrl: variable.url({ env: 'BASE_URL' }) },
    grant: 'client_credentials',
  } as const;
  const place = { environment: 'default' };
  const below = (baseUrl: string, serverUrl?: string) =>
    completed({
      ...written,
      server: (options) => options.baseUrl,
      endpoints: { token: '/token', authorize: '/auth', revocation: '/token/revocation' },
    }).endpoints({ baseUrl }, { ...place, serverUrl });

  it('puts paths behind the server, whose own slash counts once', () => {
    for (const url of ['https://harbor.example/v1', 'https://harbor.example/v1/']) {
      expect(below(url)).toEqual({
        token: 'https://harbor.example/v1/token',
        authorize: 'https://harbor.example/v1/auth',
        revocation: 'https://harbor.example/v1/token/revocation',
        api: 'https://harbor.example/v1',
      });
    }
  });

  it('has only the endpoints that are named', () => {
    const endpoints = { token: '/token', api: '/api' };
    const definition = completed({
      ...written,
      server: () => 'https://a.example',
      endpoints,
    });
    expect(definition.endpoints({ baseUrl: '' }, place)).toStrictEqual({
      token: 'https://a.example/token',
      api: 'https://a.example/api',
    });
  });

  it('takes an account’s own server in place of the usual one', () => {
    expect(below('https://harbor.example', 'https://own.example')).toMatchObject({
      token: 'https://own.example/token',
      api: 'https://own.example',
    });
  });

  it('has one environment, the cautious profile and the usual dialect, but for what it says', () => {
    const endpoints = () => ({ token: 'https://a.example/t', api: 'https://a.example' });
    const usual = completed({ ...written, endpoints });
    expect(usual.environments).toEqual(['default']);
    expect(usual.profile).toEqual(CAUTIOUS_PROFILE);
    expect(usual.dialect({ baseUrl: '' })).toEqual({
      clientAuthentication: 'basic',
      encoding: 'form',
    });
    const own = completed({
      ...written,
      endpoints,
      environments: ['test', 'live'],
      profile: { rotates: false },
      dialect: ({ baseUrl }) => ({ encoding: baseUrl === '' ? 'json' : 'query' }),
    });
    expect(own.environments).toEqual(['test', 'live']);
    expect(own.profile).toEqual({ ...CAUTIOUS_PROFILE, rotates: false });
    expect(own.dialect({ baseUrl: '' })).toEqual({
      clientAuthentication: 'basic',
      encoding: 'json',
    });
  });

  it('leaves endpoints that are computed as they are', () => {
    const definition = completed({
      ...written,
      endpoints: ({ baseUrl }, { account }) => ({ token: `${baseUrl}/${account}`, api: baseUrl }),
    });
    const own = { ...place, account: 'a', serverUrl: 'https://own.example' };
    expect(definition.endpoints({ baseUrl: 'https://b.example' }, own)).toEqual({
      token: 'https://b.example/a',
      api: 'https://b.example',
    });
  });
});
