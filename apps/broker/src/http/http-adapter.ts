import { randomUUID } from 'node:crypto';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AllowedMethods } from './allowed-methods.js';
import { endBusyConnectionsOnClose } from './closing-connections.js';
import { refuseConnection, refuseExpectation, refuseTunnel, refuseUrl } from './malformed-http.js';

/** A rejection is some 200 bytes. */
const bodyLimit = 16 * 1024;

export interface HttpOptions {
  /** Whether HEAD is for every path that GET is for. */
  head: boolean;
}

/**
 * A server that refuses in the form of the contract what is not quite HTTP, too. Bodies are left to the routes, so that
 * nobody's is parsed before he is known.
 */
export function httpAdapter({ head }: HttpOptions): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit,
    exposeHeadRoutes: head,
    requestTimeout: 30_000,
    // What comes on a busy connection while the server closes is answered as ever.
    return503OnClosing: false,
    genReqId: () => randomUUID(),
    frameworkErrors: refuseUrl,
    clientErrorHandler: refuseConnection,
    // Node's own refusal has no body: `requireHost` makes up for it.
    http: { requireHostHeader: false },
  });
  const server = adapter.getInstance();
  server.server.on('checkExpectation', refuseExpectation).on('connect', refuseTunnel);
  endBusyConnectionsOnClose(server);
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  server.decorate('allowedMethods', new AllowedMethods(server));
  return adapter;
}
