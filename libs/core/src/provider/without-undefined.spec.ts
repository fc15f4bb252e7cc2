import { withoutUndefined } from './read-json.js';

describe('members that may be unknown', () => {
  it('are there with any value but undefined', () => {
    const some = { id: undefined, code: 'x', none: null, empty: '', zero: 0, no: false };
    expect(withoutUndefined(some)).toStrictEqual({
      code: 'x',
      none: null,
      empty: '',
      zero: 0,
      no: false,
    });
    expect(withoutUndefined({})).toStrictEqual({});
  });
});
