import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { TlsSettings } from '../settings/settings.js';
import { httpServer } from './http-server.js';

/** @param tls absent: plain HTTP */
export function managementAdapter(tls: TlsSettings | undefined): FastifyAdapter {
  return new FastifyAdapter(httpServer(tls));
}
