import { createHmac, randomBytes } from 'node:crypto';
import type { SignatureScheme } from '../provider/signature-scheme.js';
import { STANDARD_WEBHOOKS } from '../provider/signature-scheme.js';
import { signerOf, signingKey } from './verify-signature.js';

const TEXT: SignatureScheme = {
  name: 'text',
  headers: { signature: 'x-signature' },
  signed: ['body'],
  key: 'text',
  digest: 'hex',
};
const body = Buffer.from('{"a":1}');
const mac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest();
const keys = [randomBytes(32), randomBytes(32)];
const secrets = keys.map((key) => `whsec_${key.toString('base64')}`);
const message = (signatures: Buffer[]) => ({
  scheme: STANDARD_WEBHOOKS,
  id: 'msg_1',
  timestamp: '17',
  body,
  signatures,
});

describe('who signed a webhook', () => {
  const signed = keys.map((key) => mac(key, 'msg_1.17.{"a":1}'));

  it.each([0, 1])('is the secret no. %d of the list', (index) => {
    const other = randomBytes(32);
    expect(signerOf(message([other, signed[index] as Buffer]), secrets)).toEqual({
      index,
      mac: (signed[index] as Buffer).toString('hex'),
    });
  });

  it('is the newest, where several have', () => {
    expect(signerOf(message([...signed].reverse()), secrets)?.index).toBe(0);
  });

  it('is nobody for a signature that is wrong, short or long, and for none', () => {
    const [right] = signed as [Buffer];
    for (const wrong of [randomBytes(32), right.subarray(1), Buffer.concat([right, right])]) {
      expect(signerOf(message([wrong]), secrets)).toBeUndefined();
    }
    expect(signerOf(message([]), secrets)).toBeUndefined();
    expect(signerOf(message([right]), [])).toBeUndefined();
  });

  it('goes by what the scheme covers, as it came', () => {
    const bare = { scheme: TEXT, body, signatures: [mac('secret', '{"a":1}')] };
    expect(signerOf(bare, ['secret'])?.index).toBe(0);
    expect(signerOf({ ...bare, body: Buffer.from('{"a": 1}') }, ['secret'])).toBeUndefined();
    const absent = { scheme: STANDARD_WEBHOOKS, body, signatures: [mac(keys[0]!, '..{"a":1}')] };
    expect(signerOf(absent, secrets)?.index).toBe(0);
  });

  it('passes over a secret that is none', () => {
    expect(signerOf(message([signed[1] as Buffer]), ['whsec_', secrets[1] as string])?.index).toBe(
      1,
    );
  });
});

describe('the key of a secret', () => {
  it('is its bytes as text, or what stands behind whsec_ in Base64', () => {
    expect(signingKey({ key: 'text' }, 'whsec_é')).toEqual(Buffer.from('whsec_é', 'utf8'));
    const key = randomBytes(16);
    const base64 = key.toString('base64');
    expect(signingKey({ key: 'whsec' }, `whsec_${base64}`)).toEqual(key);
    expect(signingKey({ key: 'whsec' }, base64)).toEqual(key);
  });

  it('is none where everybody could guess it', () => {
    expect(signingKey({ key: 'text' }, '')).toBeUndefined();
    expect(signingKey({ key: 'whsec' }, 'whsec_')).toBeUndefined();
    expect(
      signingKey({ key: 'whsec' }, `whsec_${randomBytes(15).toString('base64')}`),
    ).toBeUndefined();
  });

  it('takes whsec_ away only in front', () => {
    const inner = Buffer.from('aaaaaaaaaaaaaaaaaaaawhsec', 'base64');
    expect(signingKey({ key: 'whsec' }, 'aaaaaaaaaaaaaaaaaaaawhsec_')).toHaveLength(
      inner.length + 1,
    );
  });
});
