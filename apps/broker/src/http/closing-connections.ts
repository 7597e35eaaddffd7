import type { FastifyInstance } from 'fastify';

/**
 * While the server closes, each connection ends with the answer on it (RFC 9112 §9.6). Idle ones end at once; one that
 * was busy then would stay open, and hold up the end, for as long as its client likes.
 */
export function endBusyConnectionsOnClose(server: FastifyInstance): void {
  let closing = false;
  server.addHook('preClose', async () => {
    closing = true;
  });
  server.addHook('onSend', (_request, reply, _payload, done) => {
    if (closing) void reply.header('connection', 'close');
    done();
  });
}
