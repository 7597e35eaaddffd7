import type { AddressInfo } from 'node:net';
import type { Tracer } from '@opentelemetry/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { Failure, type FailureCode } from '#tokens/model/failures.js';
import type { Clock } from '#tokens/model/clock.js';
import type { ListenSettings } from '../settings/settings.js';
import type { Audit } from './audit.js';
import { errorAnswer } from './error-answer.js';
import { Exchange } from './exchange.js';
import { type FirstAnswer, httpServer } from './http-server.js';
import { listeningUrl } from './listening-url.js';
import { requireHost } from './malformed-http.js';
import { traceRequests } from './request-spans.js';
import { metadataUrls, serverMetadata } from './server-metadata.js';
import { commonHeaders } from './token-answering.js';
import type { TokenEndpoint } from './token-endpoint.js';
import { methodsOf, type TokenRoute } from './token-route.js';
import { tokenRoutes } from './token-routes.js';

export interface ConsumersServerParts {
  tokens: TokenEndpoint;
  audit: Audit;
  clock: Clock;
  log: Logger;
  /** Where consumers reach the broker, in the settings now in force. */
  publicUrl(): string | undefined;
  /** Of the OpenTelemetry SDK, where one was loaded. */
  tracer?: Tracer | undefined;
}

/** Queries are parsed by the routes. Scopes in a path may be long. */
const router = { querystringParser: () => ({}), maxParamLength: 2_048 };

/**
 * The server of the consumers' side. Plain Fastify: what Nest does around a controller costs a hit more than all that
 * the broker does for it. Most hits do not even get to Fastify, which would make them a tenth dearer.
 */
export class ConsumersServer {
  readonly #server: FastifyInstance;

  constructor(private readonly parts: ConsumersServerParts) {
    const { tokens, tracer } = parts;
    const first: FirstAnswer = (request, response, id) => tokens.answerAtHand(request, response, id);
    // Who traces wants to see each request on its way.
    this.#server = httpServer({ head: false, router, ...(tracer === undefined && { first }) });
    this.#accompany();
    for (const route of tokenRoutes) this.#serve(route);
    for (const url of metadataUrls) {
      this.#server.get(url, async (request) => serverMetadata(request, parts.publicUrl()));
    }
    this.#server.setErrorHandler((error, request, reply) => this.#refuse(error, request, reply));
    this.#server.setNotFoundHandler(async () => {
      throw Object.assign(new Error('no route'), { statusCode: 404 });
    });
  }

  async listen({ host, port }: ListenSettings): Promise<void> {
    await this.#server.listen({ host, port });
  }

  get url(): string {
    return listeningUrl(this.#server.server.address() as AddressInfo);
  }

  /** Stops accepting, and resolves when what is in flight has been answered. */
  async close(): Promise<void> {
    await this.#server.close();
  }

  /** What happens to each request, whatever it is for. */
  #accompany(): void {
    const { clock, tracer } = this.parts;
    this.#server.decorateRequest('exchange', null as unknown as Exchange);
    this.#server.addHook('onRequest', (request, _reply, done) => {
      request.exchange = new Exchange(clock.now(), request.headers);
      done();
    });
    this.#server.addHook('onSend', (request, reply, _payload, done) => {
      void reply.headers(commonHeaders(request.id));
      done();
    });
    if (tracer !== undefined) traceRequests(this.#server, tracer);
    this.#server.addHook('onRequest', requireHost);
  }

  #serve(route: TokenRoute): void {
    const { url, refusal } = route;
    this.#server.route({
      method: [...methodsOf(route)],
      url,
      handler: (request, reply) => this.parts.tokens.answer(route, request, reply),
      errorHandler: (error, request, reply) => this.#refuse(error, request, reply, refusal),
    });
  }

  #refuse(
    error: unknown,
    request: FastifyRequest,
    reply: FastifyReply,
    refusal?: TokenRoute['refusal'],
  ): void {
    const answer = errorAnswer(error, request, this.parts.log);
    const failure = answer.body.error as FailureCode;
    const reason = error instanceof Failure && error.cause instanceof Error ? error.cause.message : undefined;
    this.parts.audit.refused(request.exchange, { failure, reason }, request.id);
    const { status, headers, body } = refusal?.(error, answer) ?? answer;
    void reply.code(status).headers(headers).send(body);
  }
}
