import { FastifyAdapter } from '@nestjs/platform-fastify';
import { httpServer } from '../consumer-api/http-server.js';
import { requireHost } from '../consumer-api/malformed-http.js';

/** The server of the operators' side. HEAD is answered: load balancers ask for health so. */
export function managementAdapter(): FastifyAdapter {
  const server = httpServer({ head: true });
  server.addHook('onRequest', requireHost);
  return new FastifyAdapter(server);
}
