import type { IncomingHttpHeaders } from 'node:http';
import type { SignatureScheme } from '../provider/signature-scheme.js';
import { STANDARD_WEBHOOKS } from '../provider/signature-scheme.js';
import { readSignedMessage } from './signed-message.js';

const BODY = Buffer.from('{}');
const INLINE: SignatureScheme = {
  name: 'inline',
  headers: { signature: 'x-signature' },
  signed: ['timestamp', 'body'],
  key: 'text',
  digest: 'hex',
  separator: ',',
  prefix: 'v1=',
  timestampPrefix: 't=',
};
const BARE: SignatureScheme = {
  name: 'bare',
  headers: { signature: 'x-bare', id: 'x-id' },
  signed: ['body'],
  key: 'text',
  digest: 'hex',
};
const STANDARD = {
  'webhook-id': 'msg_1',
  'webhook-timestamp': '1700000000',
  'webhook-signature': 'v1,AQI=  v1a,AQI= v1,AwQ=',
};

const read = (schemes: SignatureScheme[], headers: IncomingHttpHeaders) =>
  readSignedMessage(schemes, { method: 'POST', url: '/', headers }, BODY);
const failure = (schemes: SignatureScheme[], headers: IncomingHttpHeaders) => {
  try {
    read(schemes, headers);
  } catch (error) {
    return error;
  }
  throw new Error('expected a failure, but it succeeded');
};

describe('the headers of a webhook', () => {
  it('give id, time and every signature of the scheme', () => {
    expect(read([STANDARD_WEBHOOKS], STANDARD)).toEqual({
      scheme: STANDARD_WEBHOOKS,
      id: 'msg_1',
      timestamp: '1700000000',
      signatures: [Buffer.from([1, 2]), Buffer.from([3, 4])],
      body: BODY,
    });
  });

  it('give a time that stands in the signature’s header', () => {
    // No scheme reads what it does not name.
    expect(read([INLINE], { 'x-signature': 'v0=09, v1=0102 ,t=17', undefined: 'x' })).toStrictEqual(
      {
        scheme: INLINE,
        timestamp: '17',
        signatures: [Buffer.from([1, 2])],
        body: BODY,
      },
    );
  });

  it('are one signature where nothing separates them', () => {
    expect(read([BARE], { 'x-bare': ' 0102 ' })).toStrictEqual({
      scheme: BARE,
      signatures: [Buffer.from([1, 2])],
      body: BODY,
    });
    expect(read([BARE], { 'x-bare': '0102,0304', 'x-id': 'one' })).toMatchObject({ id: 'one' });
    expect(read([BARE], { 'x-bare': 'undefined' })).not.toHaveProperty('timestamp');
  });

  it('are read by the first scheme whose signature is there', () => {
    expect(read([STANDARD_WEBHOOKS, BARE], { 'x-bare': '01' }).scheme).toBe(BARE);
    expect(read([STANDARD_WEBHOOKS, BARE], { ...STANDARD, 'x-bare': '01' }).scheme).toBe(
      STANDARD_WEBHOOKS,
    );
  });

  it('without any signature name what was expected', () => {
    for (const headers of [{}, { 'x-bare': '' }]) {
      expect(failure([INLINE, BARE], headers)).toMatchObject({
        code: 'webhook_unsigned',
        message:
          'The webhook carries no signature; expected the header(s) x-signature, or x-bare with x-id.',
      });
    }
  });

  it.each([undefined, '', 'soon', '-1', '1.5', ' 1', '1 ', '1'.repeat(13)])(
    'with the time %j are malformed',
    (timestamp) => {
      expect(
        failure([STANDARD_WEBHOOKS], { ...STANDARD, 'webhook-timestamp': timestamp }),
      ).toMatchObject({
        code: 'webhook_malformed',
        message:
          'The header webhook-timestamp is missing or not usable; expected seconds since 1970.',
      });
    },
  );

  it('name the signature’s header when the time in it is missing', () => {
    expect(failure([INLINE], { 'x-signature': 'v1=01' })).toMatchObject({
      code: 'webhook_malformed',
      message: 'The header x-signature is missing or not usable; expected seconds since 1970.',
    });
  });

  it.each([undefined, '', 'two words', '<id>', 'a'.repeat(191)])(
    'with the id %j are malformed where it is signed, and without one where it is not',
    (id) => {
      expect(failure([STANDARD_WEBHOOKS], { ...STANDARD, 'webhook-id': id })).toMatchObject({
        code: 'webhook_malformed',
        message:
          'The header webhook-id is missing or not usable; expected the id of the event, 1 to 190 characters.',
      });
      expect(read([BARE], { 'x-bare': '01', 'x-id': id })).not.toHaveProperty('id');
    },
  );

  it('name the signature’s header when an id is signed that no header gives', () => {
    const scheme: SignatureScheme = { ...BARE, headers: INLINE.headers, signed: ['id', 'body'] };
    expect(failure([scheme], { 'x-signature': '01' })).toMatchObject({
      message:
        'The header x-signature is missing or not usable; expected the id of the event, 1 to 190 characters.',
    });
  });

  it('take an id of 190 characters and a time of 12 digits', () => {
    const headers = { ...STANDARD, 'webhook-id': 'a.b:c=+/@-_'.padEnd(190, '1') };
    expect(read([STANDARD_WEBHOOKS], headers).id).toHaveLength(190);
    const late = { ...STANDARD, 'webhook-timestamp': '1'.repeat(12) };
    expect(read([STANDARD_WEBHOOKS], late).timestamp).toHaveLength(12);
  });

  it('cost at most ten comparisons', () => {
    const many = Array.from({ length: 11 }, () => 'v1,AQI=').join(' ');
    const { signatures } = read([STANDARD_WEBHOOKS], { ...STANDARD, 'webhook-signature': many });
    expect(signatures).toHaveLength(10);
  });
});
