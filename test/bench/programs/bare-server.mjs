import { createServer } from 'node:http';

// The least that Node.js does for an answer: bytes and headers that never change, for whoever asks whatever.
const { headers, body } = JSON.parse(process.argv[2]);
const server = createServer((_request, response) => {
  response.writeHead(200, headers).end(body);
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening on ${server.address().port}\n`);
});
