import { indentJson } from './indent-json.js';

describe('indentJson', () => {
  it('breaks lines and leaves every token as it is', () => {
    const text = '{"amount":12.50,"big":12345678901234567890,"note":"a, {b}: \\"c\\"","none":[ ]}';
    expect(indentJson(text)).toBe(
      '{\n  "amount": 12.50,\n  "big": 12345678901234567890,\n  "note": "a, {b}: \\"c\\"",\n  "none": []\n}',
    );
  });

  it.each([
    { a: [1, { b: null, c: [] }], d: {}, e: 'x\ny' },
    [[], [[]], { a: {} }],
    'text',
    [true, -1.5e3],
  ])('writes %j as JSON.stringify does', (value) => {
    expect(indentJson(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
    expect(indentJson(JSON.stringify(value, null, 7))).toBe(JSON.stringify(value, null, 2));
  });

  it('leaves alone what is no JSON', () => {
    expect(indentJson('a=1&b={')).toBe('a=1&b={');
  });
});
