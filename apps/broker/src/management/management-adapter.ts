import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { httpAdapter } from '../http/http-adapter.js';
import { requireHost } from '../http/malformed-http.js';

/** The server of the operators' side. HEAD is answered: load balancers ask for health so. */
export function managementAdapter(): FastifyAdapter {
  const adapter = httpAdapter({ head: true });
  adapter.getInstance().addHook('onRequest', requireHost);
  return adapter;
}
