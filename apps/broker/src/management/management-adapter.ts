import { FastifyAdapter } from '@nestjs/platform-fastify';
import { httpServer } from './http-server.js';

export function managementAdapter(): FastifyAdapter {
  return new FastifyAdapter(httpServer());
}
