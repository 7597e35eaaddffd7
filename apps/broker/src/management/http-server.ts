import type { Server } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type HookHandlerDoneFunction,
} from 'fastify';
import { failureResponse, HttpFailure } from '../core/failure-response.js';
import { hasSingleHost } from '../core/headers.js';
import { bodyLimit, httpListener, type Refuse, requestIds } from '../core/http-listener.js';
import type { TlsSettings } from '../settings/settings.js';
import { AllowedMethods } from './allowed-methods.js';

/** Of refusals that Fastify does not know of. */
const ownHeaders = { 'content-type': 'application/json', 'cache-control': 'no-store' };

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Nest's adapter to Fastify, for the management port. HEAD is answered: load balancers check health by it.
 * @param tls absent: plain HTTP
 */
export function managementAdapter(tls: TlsSettings | undefined): FastifyAdapter {
  return new FastifyAdapter(httpServer(tls));
}

function httpServer(tls: TlsSettings | undefined): FastifyInstance {
  const server = fastify({
    bodyLimit,
    // A request on a busy connection while the server closes is answered as before.
    return503OnClosing: false,
    genReqId: requestIds(),
    frameworkErrors: (_error, _request, reply) => {
      // A path that is not percent-encoded UTF-8: no hook has seen it.
      const { status, body } = failureResponse(HttpFailure.of(400, 'the address is malformed'));
      const headers = { ...ownHeaders, connection: 'close' };
      void (reply as FastifyReply).code(status).headers(headers).send(JSON.stringify(body));
    },
    schemaController: { compilersFactory: { buildValidator: noSchema, buildSerializer: noSchema } },
    // The listener has its own.
    clientErrorHandler: () => {},
    serverFactory: (route) => httpListener(route, refuse, { tls }) as Server,
  });
  server.addHook('onRequest', ignoreTypeWithoutBody);
  server.addHook('onRequest', requireHost);
  server.addHook('onSend', (_request, reply, _payload, done) => {
    // RFC 9112 §9.6: a busy connection would delay the end for as long as its client keeps it.
    if (!server.server.listening) void reply.header('connection', 'close');
    done();
  });
  server.removeAllContentTypeParsers();
  // What is no JSON stays as it is: the DTO of a route refuses it, and another path or method has its own answer.
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, parsed(body as Buffer)),
  );
  server.decorate('allowedMethods', new AllowedMethods(server));
  return server;
}

/** @throws Error as no route has a schema of Fastify's: its compilers take more memory than all routes. */
function noSchema(): never {
  throw new Error('Nest validates, by DTOs');
}

const refuse: Refuse = (_request, response, failure) => {
  const { status, headers, body } = failureResponse(failure);
  const text = JSON.stringify(body);
  const length = Buffer.byteLength(text);
  response.writeHead(status, { ...headers, ...ownHeaders, 'content-length': length }).end(text);
};

/** With a content type, Fastify waits for a body, which has ended already where there is none. */
function ignoreTypeWithoutBody(
  { raw }: FastifyRequest,
  _reply: unknown,
  done: HookHandlerDoneFunction,
): void {
  if (raw.headers['content-type'] !== undefined && raw.readableEnded) raw.headers['content-type'] = undefined;
  done();
}

function requireHost({ raw }: FastifyRequest, _reply: unknown, done: HookHandlerDoneFunction): void {
  done(hasSingleHost(raw) ? undefined : HttpFailure.of(400, 'there must be one Host header'));
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(body));
  } catch {
    return body;
  }
}
