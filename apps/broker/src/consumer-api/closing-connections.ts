import type { FastifyInstance } from 'fastify';

/** Whether it has stopped accepting. */
export function isClosing({ server }: Pick<FastifyInstance, 'server'>): boolean {
  return !server.listening;
}

/**
 * While the server closes, each connection ends with the answer on it (RFC 9112 §9.6). Idle ones end at once; one that
 * was busy then would stay open, and hold up the end, for as long as its client likes.
 */
export function endBusyConnectionsOnClose(server: FastifyInstance): void {
  server.addHook('onSend', (_request, reply, _payload, done) => {
    if (isClosing(server)) void reply.header('connection', 'close');
    done();
  });
}
