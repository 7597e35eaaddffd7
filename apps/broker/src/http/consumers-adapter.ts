import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Clock } from '#tokens/clock.js';
import type { Audit } from './audit.js';
import { Exchange } from './exchange.js';
import { httpAdapter } from './http-adapter.js';
import { requireHost } from './malformed-http.js';

/** The server of the consumers' side. */
export function consumersAdapter(audit: Audit, clock: Clock): FastifyAdapter {
  const adapter = httpAdapter({ head: false });
  const server = adapter.getInstance();
  server.decorateRequest('exchange', null as unknown as Exchange);
  server.addHook('onRequest', async (request) => {
    request.exchange = new Exchange(clock.now());
  });
  server.addHook('onRequest', requireHost);
  server.addHook('onSend', async (request, reply) => {
    void reply.headers({ 'cache-control': 'no-store', pragma: 'no-cache', 'x-request-id': request.id });
  });
  server.addHook('onResponse', async (request) => audit.record(request.exchange, request.id));
  return adapter;
}
