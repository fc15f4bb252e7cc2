// A lean token endpoint in a process of its own: rotating refresh tokens, 1.5 KB access tokens.
import { createServer } from 'node:http';

const pad = 'x'.repeat(1_480);
let issued = 0;

const server = createServer((request, response) => {
  request.resume().on('end', () => {
    issued += 1;
    const body = JSON.stringify({
      access_token: `at_${issued}_${pad}`,
      token_type: 'bearer',
      expires_in: 3_600,
      refresh_token: `rt_${issued}`,
      scope: 'commerce.orders.read',
    });
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }));
process.on('disconnect', () => process.exit());
