import fc from 'fast-check';

/** Texts that have broken parsers before. */
const INFAMOUS = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  'x\udfffy',
  '\ufeff',
  '\u202e',
  '💥',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'null',
  'undefined',
  'NaN',
  '-0',
  '1e309',
  '0x10',
  '9007199254740993',
  '../../../etc/passwd',
  '..\\..\\windows',
  '%',
  '%00',
  '%zz',
  '%E0%A4%A',
  '<script>alert(1)</script>',
  '" onload="x',
  "' OR 1=1 --",
  '${7*7}',
  '{{7*7}}',
  '\r\nSet-Cookie: x=1',
  'javascript:alert(1)',
  '//evil.example',
  '/\\evil.example',
  'https://user:pass@evil.example/#x',
  'http://[::1',
  'ftp://x',
  'data:text/html,x',
  ':memory:',
  ',',
  ',,,',
  ';',
  '=',
  '&',
  '[]',
  '{}',
  '[null]',
  '{"__proto__":{"x":1}}',
  '+275760-09-13T00:00:00.001Z',
  '2026-02-30',
  'a'.repeat(191),
  'ä'.repeat(400),
  'x'.repeat(5_000),
];

export const infamous = fc.constantFrom(...INFAMOUS);

/** Any text at all, lone surrogates included. */
export const hostileText = fc.oneof(
  { weight: 3, arbitrary: infamous },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 40 }) },
);

export const hostileNumber = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    -1,
    0.5,
    1.0001,
    1e12,
    1.5e12 + 0.25,
    2 ** 31,
    2 ** 53,
    -(2 ** 63),
    2 ** 64,
    8.64e15 + 1,
    1e300,
    -1e308,
    Number.MIN_VALUE,
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
);

/** A value of JSON in any shape. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: hostileText },
  { weight: 3, arbitrary: hostileNumber },
  { weight: 2, arbitrary: fc.constantFrom(null, true, false, [], {}, [[]], [null], { a: null }) },
  { weight: 1, arbitrary: fc.array(hostileText, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
);

/** An object with some of these fields: as they should be, or anything. */
export function objectOf(
  fields: Readonly<Record<string, readonly unknown[]>>,
): fc.Arbitrary<Record<string, unknown>> {
  const members = Object.entries(fields).map(
    ([name, usual]) =>
      [
        name,
        usual.length === 0
          ? hostileValue
          : fc.oneof(
              { weight: 3, arbitrary: fc.constantFrom(...usual) },
              { weight: 2, arbitrary: hostileValue },
            ),
      ] as const,
  );
  return fc.record(Object.fromEntries(members), { requiredKeys: [] });
}

/** JSON text of a value, sometimes as no serializer of ours would write it. */
export function jsonOf(value: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 8, arbitrary: value.map((one) => JSON.stringify(one)) },
    {
      weight: 1,
      arbitrary: value.map((one) => twisted(JSON.stringify(one), '"__proto__":{"a":1}')),
    },
    {
      weight: 1,
      arbitrary: value.map((one) => twisted(JSON.stringify(one), '"deep":' + nested(3_000))),
    },
    {
      weight: 1,
      arbitrary: value.map((one) => twisted(JSON.stringify(one), '"n":1e400,"n":-1e400')),
    },
    { weight: 1, arbitrary: value.chain((one) => mutationOf(JSON.stringify(one))) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '',
        '[]',
        'null',
        '"text"',
        '1',
        '{',
        '\ufeff{}',
        '<html>',
        nested(5_000),
        '[' + '['.repeat(20_000),
      ),
    },
  );
}

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

/** Further members of an object, after those that it has. */
const twisted = (json: string, members: string): string =>
  json.endsWith('}') && json !== '{}' ? `${json.slice(0, -1)},${members}}` : `{${members}}`;

/** The text with something cut out, put in, doubled or changed. */
export const mutationOf = (text: string): fc.Arbitrary<string> =>
  fc
    .tuple(fc.nat(Math.max(0, text.length - 1)), fc.nat(8), hostileText, fc.nat(4))
    .map(([at, length, put, how]) => {
      if (how === 0) return text.slice(0, at);
      if (how === 1) return text.slice(0, at) + text.slice(at + length);
      if (how === 2) return text.slice(0, at) + put + text.slice(at);
      if (how === 3) return text + text;
      return text.slice(0, at) + put.slice(0, 1) + text.slice(at + 1);
    });

/** The bytes with some changed, cut or put in. */
export const bytesLike = (bytes: Buffer): fc.Arbitrary<Buffer> =>
  fc
    .tuple(fc.nat(Math.max(0, bytes.length - 1)), fc.uint8Array({ maxLength: 8 }), fc.nat(3))
    .map(([at, put, how]) => {
      if (how === 0) return bytes.subarray(0, at);
      if (how === 1) return Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at)]);
      if (how === 2) return Buffer.concat([bytes, put]);
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ ((put[0] ?? 1) || 1);
      return changed;
    });

/** Without lone surrogates, which no bytes stand for. */
export const wellFormed = (text: string): string => Buffer.from(text).toString();
