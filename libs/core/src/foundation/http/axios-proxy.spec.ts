import { axiosProxy } from './axios-proxy.js';

describe('the proxy of calls', () => {
  it('is none without a setting, whatever the environment says', () => {
    expect(axiosProxy(undefined)).toEqual({ proxy: false });
  });

  it.each([
    ['http://proxy.example', { protocol: 'http:', host: 'proxy.example', port: 80 }],
    ['https://proxy.example', { protocol: 'https:', host: 'proxy.example', port: 443 }],
    ['http://proxy.example:3128', { protocol: 'http:', host: 'proxy.example', port: 3128 }],
  ])('%s is reached at the port of its scheme, or the one that it names', (url, proxy) => {
    expect(axiosProxy(url)).toEqual({ proxy });
  });
});
