import { amountNumber, checkAmount } from './decimal-amount.js';

describe('amounts', () => {
  it.each(['0', '0.00', '0.01', '1064.10', '19', '9999999999999.99'])(
    '%s is taken and survives as a number',
    (value) => {
      expect(checkAmount(value, 'amount')).toBe(value);
      expect(amountNumber(value)).toBe(Number(value));
    },
  );

  it.each([
    '',
    ' 1',
    '1 ',
    '-1',
    '+1',
    '01',
    '1.',
    '.5',
    '1,5',
    '1e3',
    '1.001',
    'NaN',
    'Infinity',
    '0x10',
    '١',
    '99999999999999.99',
    '1'.repeat(100_000),
  ])('P78: no. %# is refused, by the name of its field only', (value) => {
    expect(() => checkAmount(value, 'order.price')).toThrow(
      expect.objectContaining({
        code: 'invalid_amount',
        message: expect.stringMatching(
          /^"order\.price" is not a usable amount; expected /,
        ) as string,
      }) as Error,
    );
  });

  it.each([1, 1.5, null, undefined, {}, ['1']])('%p is no text', (value) => {
    expect(() => checkAmount(value as string, 'amount')).toThrow('expected a text');
  });

  it('P78: limits are compared exactly', () => {
    expect(checkAmount('0.01', 'amount', { min: '0.01' })).toBe('0.01');
    expect(() => checkAmount('0.00', 'amount', { min: 0.01 })).toThrow('at least 0.01');
    expect(checkAmount('0.30', 'amount', { max: '0.3' })).toBe('0.30');
    expect(() => checkAmount('0.31', 'amount', { min: '0', max: '0.3' })).toThrow(
      'at least 0 and at most 0.3',
    );
    expect(() => checkAmount('1.5', 'amount', { decimals: 0 })).toThrow('"1064" with at most 0');
    expect(checkAmount('1.505', 'amount', { decimals: 3 })).toBe('1.505');
  });

  it.each([
    [0, '1064'],
    [1, '1064.1'],
    [2, '1064.10'],
    [3, '1064.100'],
  ])('with %d decimals are shown as %s', (decimals, example) => {
    expect(() => checkAmount('1.0001', 'amount', { decimals })).toThrow(
      `expected a text such as "${example}" with at most ${decimals} decimals.`,
    );
  });

  it('of more than forty characters are no amounts, of fewer they may be', () => {
    const zeros = (count: number) => `0.${'0'.repeat(count)}`;
    expect(checkAmount(zeros(38), 'amount', { decimals: 60 })).toHaveLength(40);
    expect(() => checkAmount(zeros(39), 'amount', { decimals: 60 })).toThrow('expected a text');
  });

  it('P78: have at most fifteen significant digits', () => {
    expect(checkAmount('0.00123456789012345', 'amount', { decimals: 17 })).toBeTruthy();
    for (const value of ['1000000000000000', '1234567890123456', '0.1234567890123456']) {
      expect(() => checkAmount(value, 'amount', { decimals: 17 })).toThrow(
        'expected at most 15 significant digits.',
      );
    }
  });

  it('are refused with the limits that there are, and no others', () => {
    expect(() => checkAmount('1', 'amount', { min: 2 })).toThrow('expected at least 2.');
    expect(() => checkAmount('3', 'amount', { max: 2 })).toThrow('expected at most 2.');
  });

  it('an unchecked text never becomes a number', () => {
    for (const value of ['0.1234567890123456', '1e3', '']) {
      expect(() => amountNumber(value)).toThrow('must be checked');
    }
  });
});
