import { randomBytes } from 'node:crypto';
import fastify, {
  type FastifyInstance,
  type FastifyRequest,
  type FastifyServerOptions,
  type HookHandlerDoneFunction,
} from 'fastify';
import { AllowedMethods } from './allowed-methods.js';
import { endBusyConnectionsOnClose } from './closing-connections.js';
import { refuseConnection, refuseExpectation, refuseTunnel, refuseUrl } from './malformed-http.js';

/** A rejection is some 200 bytes, a client assertion some 1,500. */
const bodyLimit = 16 * 1024;

/** Milliseconds for the head of a request and for all of it to arrive, and between two looks at who is late. */
const deadlines = { head: 10_000, whole: 15_000, look: 2_000 };

export interface HttpOptions {
  /** Whether HEAD is for every path that GET is for. */
  head: boolean;
  router?: FastifyServerOptions['routerOptions'];
}

/**
 * A server that refuses in the form of the contract what is not quite HTTP, too. Bodies are left to the routes, so that
 * nobody's is parsed before he is known.
 */
export function httpServer({ head, router = {} }: HttpOptions): FastifyInstance {
  const server = fastify({
    bodyLimit,
    exposeHeadRoutes: head,
    routerOptions: router,
    requestTimeout: deadlines.whole,
    // What comes on a busy connection while the server closes is answered as ever.
    return503OnClosing: false,
    genReqId: requestIds(),
    frameworkErrors: refuseUrl,
    clientErrorHandler: refuseConnection,
    http: {
      headersTimeout: deadlines.head,
      connectionsCheckingInterval: deadlines.look,
      // Node's own refusal has no body: `requireHost` makes up for it.
      requireHostHeader: false,
      // The life of a stream for a body that is not there is a seventh of what a token at hand costs.
      optimizeEmptyRequests: true,
    },
  });
  server.server.on('checkExpectation', refuseExpectation).on('connect', refuseTunnel);
  endBusyConnectionsOnClose(server);
  server.addHook('onRequest', ignoreTypeOfNothing);
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  server.decorate('allowedMethods', new AllowedMethods(server));
  return server;
}

/** Where there is a type, Fastify waits for a body; one that is not there has ended before anybody could. */
function ignoreTypeOfNothing(
  { raw }: FastifyRequest,
  _reply: unknown,
  done: HookHandlerDoneFunction,
): void {
  if (raw.headers['content-type'] !== undefined && raw.readableEnded) raw.headers['content-type'] = undefined;
  done();
}

/** Unique among all replicas by what is drawn once, and in this process by counting: no request waits for chance. */
function requestIds(): () => string {
  const prefix = randomBytes(9).toString('base64url');
  let count = 0;
  return () => `${prefix}-${(++count).toString(36)}`;
}
