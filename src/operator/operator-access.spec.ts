import { operatorAccess } from './operator-access.js';

describe('operatorAccess', () => {
  it('P30: is open for the sandbox on this machine alone', () => {
    expect(operatorAccess({}, true)).toEqual({ kind: 'open' });
    expect(operatorAccess({ LISTEN_HOST: '::1' }, true)).toEqual({ kind: 'open' });
    expect(operatorAccess({ LISTEN_HOST: '0.0.0.0' }, true)).toEqual({ kind: 'closed' });
    expect(operatorAccess({}, false)).toEqual({ kind: 'closed' });
    expect(operatorAccess({ OPERATOR_PASSWORD: '' }, false)).toEqual({ kind: 'closed' });
  });

  it('P30: takes a password wherever there is one, and none that is short', () => {
    const password = 'correct horse battery';
    for (const sandboxed of [true, false]) {
      expect(operatorAccess({ OPERATOR_PASSWORD: password }, sandboxed)).toEqual({
        kind: 'password',
        password,
      });
    }
    expect(() => operatorAccess({ OPERATOR_PASSWORD: 'short' }, false)).toThrow('12 characters');
  });
});
