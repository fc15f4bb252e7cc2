import { InstallLink } from './install-link.js';

describe('an install link', () => {
  const link = (query: string) =>
    new InstallLink(new URLSearchParams(query), ['mode', 'ids', 'place']);
  const refusal = (message: string) => {
    const error: unknown = expect.objectContaining({ code: 'install_invalid_request', message });
    return error;
  };
  const failure = (read: () => unknown): unknown => {
    try {
      return read();
    } catch (error) {
      return error;
    }
  };

  it('has the named parameters and no other', () => {
    link('');
    link('place=1&mode=test&ids=2');
    expect(failure(() => link('mode=test&canary=1'))).toEqual(
      refusal(
        'This install link has an unknown parameter; expected only mode, ids, place and return_to.',
      ),
    );
  });

  it('chooses one of what is permitted, the first where it does not say', () => {
    expect(link('').choice('mode', ['test', 'live'])).toBe('test');
    expect(link('mode=live').choice('mode', ['test', 'live'])).toBe('live');
    for (const query of ['mode=canary', 'mode=', 'mode=Live']) {
      expect(failure(() => link(query).choice('mode', ['test', 'live']))).toEqual(
        refusal('The parameter "mode" of this install link is not usable: expected test or live.'),
      );
    }
    expect(failure(() => link('').choice('mode', []))).toMatchObject({
      code: 'install_invalid_request',
    });
  });

  it('names an id, any or a permitted one', () => {
    const read = (query: string, permitted?: readonly string[]) =>
      failure(() => link(query).id('place', 'an id of a place', permitted));
    expect(read('')).toBeUndefined();
    expect(read('place=')).toBeUndefined();
    expect(read('place=p_1')).toBe('p_1');
    expect(read('place=p_1', ['p_0', 'p_1'])).toBe('p_1');
    expect(read('place=p/canary')).toEqual(
      refusal(
        'The parameter "place" of this install link is not usable: expected an id of a place.',
      ),
    );
    for (const id of ['p_2', 'p_0,p_1', 'p%20']) {
      expect(read(`place=${id}`, ['p_0', 'p_1', 'p '])).toEqual(
        refusal(
          'The parameter "place" of this install link is not usable: expected one of p_0, p_1, p .',
        ),
      );
    }
  });

  it('names several ids, each once', () => {
    const read = (query: string, permitted?: readonly string[]) =>
      failure(() => link(query).ids('ids', 'ids', permitted));
    expect(read('')).toBeUndefined();
    expect(read('ids=')).toBeUndefined();
    expect(read('ids=a,%20b,a')).toEqual(['a', 'b']);
    expect(read('ids=b,a', ['a', 'b', 'c'])).toEqual(['b', 'a']);
    for (const ids of ['a,,b', 'a/b', ',']) {
      expect(read(`ids=${ids}`)).toEqual(
        refusal(
          'The parameter "ids" of this install link is not usable: expected ids, separated by commas.',
        ),
      );
    }
    expect(read('ids=a,d', ['a', 'b'])).toEqual(
      refusal(
        'The parameter "ids" of this install link is not usable: expected some of a, b, separated by commas.',
      ),
    );
  });
});
