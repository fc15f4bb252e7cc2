import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

/** A webhook ready to be sent. */
export interface Signed {
  readonly body: string;
  readonly headers: Record<string, string>;
}

/** HMAC-SHA256 by openssl: nothing of ours, nothing of Node's. */
export function openssl(key: Buffer, message: string | Buffer): Buffer {
  return execFileSync(
    'openssl',
    ['dgst', '-sha256', '-mac', 'HMAC', '-macopt', `hexkey:${key.toString('hex')}`, '-binary'],
    { input: message },
  );
}

export const whsec = (seed = 'secret'): string =>
  `whsec_${createHash('sha256').update(seed).digest('base64')}`;

/** By the library of the specification's authors. */
export function standard(
  body: string,
  secret: string,
  { id = `msg_${randomUUID()}`, at = Date.now() }: { id?: string; at?: number } = {},
): Signed {
  return {
    body,
    headers: {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at / 1_000)),
      'webhook-signature': new Webhook(secret).sign(id, new Date(at), body),
    },
  };
}

export function flintLegacy(body: string, secret: string, at = Date.now()): Signed {
  const time = String(Math.floor(at / 1_000));
  const mac = openssl(Buffer.from(secret), `${time}.${body}`).toString('hex');
  return { body, headers: { 'x-flint-signature': `t=${time},v1=${mac}` } };
}

export function flute(body: string, secret: string, { at = Date.now() } = {}): Signed {
  const id = randomUUID();
  const time = String(Math.floor(at / 1_000));
  const mac = openssl(Buffer.from(secret), `${id}.${time}.${body}`).toString('base64');
  return {
    body,
    headers: {
      'flute-webhook-id': id,
      'flute-webhook-timestamp': time,
      'flute-webhook-signature': `v1,${mac}`,
    },
  };
}

export const fynd = (body: string, secret: string, id: string = randomUUID()): Signed => ({
  body,
  headers: {
    'x-fp-signature': openssl(Buffer.from(secret), body).toString('hex'),
    'x-fp-event-id': id,
  },
});

/** The three forms of FlinksPay. */
export const flinksPay = {
  'webhook-signature': (body: string, secret: string): Signed => ({
    body,
    headers: {
      'x-webhook-signature': `sha256=${openssl(Buffer.from(secret), body).toString('hex').toUpperCase()}`,
    },
  }),
  'flinks-signature': (body: string, secret: string): Signed => ({
    body,
    headers: { 'x-flinks-signature': openssl(Buffer.from(secret), body).toString('base64') },
  }),
  'authenticity-key': (body: string, secret: string): Signed => ({
    body,
    headers: { 'flinks-authenticity-key': openssl(Buffer.from(secret), body).toString('base64') },
  }),
};
