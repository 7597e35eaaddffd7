import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';

// The least that Node.js does for an answer: bytes and headers that never change, for whoever asks whatever.
const { headers, body, tls } = JSON.parse(process.argv[2]);
const answer = (_request, response) => response.writeHead(200, headers).end(body);
const server = tls ? createSecureServer(tls, answer) : createServer(answer);
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening on ${server.address().port}\n`);
});
