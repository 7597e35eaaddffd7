import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerOptions, type ServerResponse } from 'node:http';
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

const serverOptions: ServerOptions = {
  // Milliseconds for the head of a request and for all of it to arrive, and between two looks at who is late.
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 2_000,
  keepAliveTimeout: 72_000,
  // Node's own refusal has no body: `requireHost` makes up for it.
  requireHostHeader: false,
  // The life of a stream for a body that is not there is a tenth of what a token at hand costs.
  optimizeEmptyRequests: true,
};

/**
 * Answers a request, or leaves it as if nobody had looked.
 * @param id makes that of the request
 * @returns whether it has been answered
 */
export type FirstAnswer = (request: IncomingMessage, response: ServerResponse, id: () => string) => boolean;

export interface HttpOptions {
  /** Whether HEAD is for every path that GET is for. */
  head: boolean;
  router?: FastifyServerOptions['routerOptions'];
  /** Asked before a request is routed, unless the server closes. */
  first?: FirstAnswer;
}

/**
 * A server that refuses in the form of the contract what is not quite HTTP, too. Bodies are left to the routes, so that
 * nobody's is parsed before he is known.
 */
export function httpServer({ head, router = {}, first = () => false }: HttpOptions): FastifyInstance {
  const id = requestIds();
  const answered = (request: IncomingMessage, response: ServerResponse) => {
    try {
      return first(request, response, id);
    } catch {
      // It fails once more on its way through the routes, where failures are told.
      return response.headersSent;
    }
  };
  const server = fastify({
    bodyLimit,
    exposeHeadRoutes: head,
    routerOptions: router,
    // What comes on a busy connection while the server closes is answered as ever.
    return503OnClosing: false,
    genReqId: id,
    frameworkErrors: refuseUrl,
    clientErrorHandler: refuseConnection,
    serverFactory(route) {
      const listener = createServer(serverOptions, (request, response) => {
        if (!listener.listening || !answered(request, response)) route(request, response);
      });
      return listener;
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
function ignoreTypeOfNothing({ raw }: FastifyRequest, _reply: unknown, done: HookHandlerDoneFunction): void {
  if (raw.headers['content-type'] !== undefined && raw.readableEnded) raw.headers['content-type'] = undefined;
  done();
}

/** Unique among all replicas by what is drawn once, and in this process by counting: no request waits for chance. */
function requestIds(): () => string {
  const prefix = randomBytes(9).toString('base64url');
  let count = 0;
  return () => `${prefix}-${(++count).toString(36)}`;
}
