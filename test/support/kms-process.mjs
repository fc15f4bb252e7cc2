// A key management system in a process of its own: it holds the one key that unwraps the others
// (AES key wrap, RFC 3394). `behave` makes it slow, refuse, or answer nonsense.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

const IV = Buffer.alloc(8, 0xa6);
const master = randomBytes(32);
let behaviour = 'right';
let unwrapped = 0;

const wrap = (key) => {
  const cipher = createCipheriv('id-aes256-wrap', master, IV);
  return Buffer.concat([cipher.update(key), cipher.final()]);
};
const unwrap = (key) => {
  const decipher = createDecipheriv('id-aes256-wrap', master, IV);
  return Buffer.concat([decipher.update(key), decipher.final()]);
};

const server = createServer(async (request, response) => {
  const body = Buffer.from(await text(request), 'base64');
  unwrapped += 1;
  if (behaviour === 'slow') return;
  if (behaviour === 'down') return void response.writeHead(503).end();
  try {
    const key = unwrap(body);
    const other = { short: key.subarray(0, 16), wrong: randomBytes(32) }[behaviour];
    response.end((other ?? key).toString('base64'));
  } catch {
    response.writeHead(400).end();
  }
});

process.on('message', ({ call, wrap: keys, behave }) => {
  if (behave !== undefined) behaviour = behave;
  const wrapped = (keys ?? []).map((key) => wrap(Buffer.from(key, 'base64')).toString('base64'));
  process.send({ call, wrapped, unwrapped });
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
