// A lean token endpoint whose refresh tokens, `rt_<connection>_<turn>`, serve once, in their turn.
import { createServer } from 'node:http';

const pad = 'x'.repeat(320);
/** Of each connection the turn whose token is good now. */
const turns = new Map();
let issued = 0;
let spentTwice = 0;

const server = createServer((request, response) => {
  let text = '';
  request.setEncoding('latin1');
  request.on('data', (chunk) => (text += chunk));
  request.on('end', () => {
    const token = /refresh_token=rt_(\d+)_(\d+)/.exec(text);
    const alone = request.url === '/alone';
    const [connection, turn] = alone ? [0, 0] : [Number(token?.[1]), Number(token?.[2])];
    const good = alone || turn === (turns.get(connection) ?? 0);
    if (good && !alone) {
      turns.set(connection, turn + 1);
      issued += 1;
    }
    if (!good) spentTwice += 1;
    const body = JSON.stringify(
      good
        ? {
            access_token: `at_${connection}_${turn}_${pad}`,
            token_type: 'bearer',
            expires_in: 3_600,
            refresh_token: `rt_${connection}_${turn + 1}`,
            scope: 'commerce.orders.read commerce.orders.write',
          }
        : { error: 'invalid_grant' },
    );
    response.writeHead(good ? 200 : 400, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('message', ({ all }) =>
  process.send({ issued, spentTwice, ...(all === true && { turns: [...turns] }) }),
);
process.on('disconnect', () => process.exit());
