import { configuredProviders } from './provider-names.js';

describe('configuredProviders', () => {
  it('names the providers that have a variable of their own', () => {
    expect(configuredProviders({})).toEqual([]);
    expect(configuredProviders({ FLOCK_DATA_DIR: 'a', FLUTE_CLIENT_ID: '', PATH: '/' })).toEqual(
      [],
    );
    expect(
      configuredProviders({
        FLEX_PAY_MERCHANTS: '[]',
        FLINT_CLIENT_ID: 'a',
        FLINKS_PAY_EU_USERNAME: 'b',
      }),
    ).toEqual(['flint', 'flinks-pay', 'flex-pay']);
  });
});
