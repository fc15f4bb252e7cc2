// Posts 2 KB webhooks over 64 connections, from a process of its own. Requests are made and signed
// before the clock starts, and answers are read no further than needed: the receiver is what is timed.
import { createHmac, randomBytes } from 'node:crypto';
import { connect } from 'node:net';

const CONNECTIONS = 64;
const BODY_BYTES = 2_048;
/** Every event differs from the others, as far as a database that compresses could tell. */
const random = randomBytes(65_536).toString('base64');

let made = 0;

function makeRequest(path, key) {
  const id = `msg_${process.pid}_${(made += 1)}`;
  const time = String(Math.floor(Date.now() / 1_000));
  const event = {
    webhook_event_id: id,
    event_type: 'order.paid',
    created_at: new Date().toISOString(),
    merchant_id: 'mer_maple',
    mode: 'live',
    data: { order: `ord_${id}`, amount: 12_345, note: '' },
  };
  const from = (made * 61) % (random.length - BODY_BYTES);
  event.data.note = random.slice(from, from + BODY_BYTES - JSON.stringify(event).length);
  const body = JSON.stringify(event);
  const mac = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64');
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n` +
      `content-length: ${body.length}\r\nwebhook-id: ${id}\r\nwebhook-timestamp: ${time}\r\n` +
      `webhook-signature: v1,${mac}\r\n\r\n${body}`,
  );
}

/** Calls `onAnswer(status)` for each whole answer. */
function readAnswers(socket, onAnswer) {
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk) => {
    text += chunk;
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
    if (Number.isNaN(length)) throw new Error('an answer without a length');
    if (text.length < end + 4 + length) return;
    const status = Number(text.slice(9, 12));
    text = '';
    onAnswer(status);
  });
}

/** For `ms`; what is under way then is still waited for. Answers the rate and what was answered. */
async function round({ port, path, secret, ms, atMost }) {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const requests = Array.from({ length: atMost }, () => makeRequest(path, key));
  const sockets = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => opened(connect({ port, host: '127.0.0.1' }))),
  );
  let accepted = 0;
  let refused = 0;
  const started = performance.now();
  const speak = (socket) =>
    new Promise((resolve, reject) => {
      const next = () => {
        const request = requests.pop();
        if (request === undefined || performance.now() - started >= ms) return resolve();
        socket.write(request);
      };
      readAnswers(socket, (status) => {
        if (status >= 200 && status < 300) accepted += 1;
        else refused += 1;
        next();
      });
      socket.once('close', () => reject(new Error('the receiver closed a connection')));
      next();
    });
  await Promise.all(sockets.map(speak));
  const seconds = (performance.now() - started) / 1_000;
  for (const socket of sockets) socket.removeAllListeners('close').destroy();
  return { rate: (accepted + refused) / seconds, accepted, refused, ranOut: requests.length === 0 };
}

const opened = (socket) =>
  new Promise((resolve, reject) => {
    socket.setNoDelay(true);
    socket.once('connect', () => resolve(socket));
    socket.on('error', reject);
  });

process.on('message', (order) => {
  round(order).then(
    (result) => process.send({ result }),
    (error) => process.send({ error: error.message }),
  );
});
process.on('disconnect', () => process.exit());
