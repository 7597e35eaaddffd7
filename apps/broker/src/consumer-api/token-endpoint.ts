import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Consumer } from '#consumers/consumer.js';
import type { Clock } from '#tokens/model/clock.js';
import type { Demand } from '#tokens/model/demand.js';
import type { TokenSource } from '#tokens/token-broker.js';
import type { ServedToken } from '#tokens/ports/token-store.js';
import type { Audit } from './audit.js';
import type { KnownConsumers } from '../core/known-consumers.js';
import { type Authorization, Authorizations } from './authorizations.js';
import { isClosing } from './closing-connections.js';
import { type Asked, Exchange } from './exchange.js';
import { toldOf } from './handed-out-line.js';
import { authorizationOf, hasOneHost } from './request-parts.js';
import { sendToken } from './token-answering.js';
import type { TokenRoute } from './token-route.js';

export interface TokenEndpointParts {
  /** Those of the active settings. */
  consumers(): KnownConsumers;
  broker: TokenSource;
  audit: Audit;
  clock: Clock;
}

/** To whom a token is handed, and how. */
interface Handing {
  route: TokenRoute;
  exchange: Exchange;
  response: ServerResponse;
  requestId: string;
  /** Whether the connection ends with it. */
  isLast?: boolean;
}

/**
 * The one walk from a consumer's request to a token, for all ways to it. Authorizing comes before any cache is looked
 * at. Most consumers and tokens are at hand: then nothing is waited for.
 */
export class TokenEndpoint {
  readonly #authorizations = new Authorizations();

  constructor(private readonly parts: TokenEndpointParts) {}

  /** @throws Failure */
  answer(route: TokenRoute, request: FastifyRequest, reply: FastifyReply): void | Promise<void> {
    const identified = this.parts.consumers().identify(route.credential(request));
    return identified.then((consumer) => this.#answer(consumer, route, request, reply));
  }

  /**
   * The same walk for who has shown this header and been authorized for this address before, under the settings in force,
   * and whose token is at hand. Then nothing is left for a router to do.
   * @param id makes that of the request
   * @returns false when there is more to it: then nothing has been done
   */
  answerAtHand(request: IncomingMessage, response: ServerResponse, id: () => string): boolean {
    if (request.method !== 'GET' || !hasOneHost(request)) return false;
    const { consumers, broker, clock } = this.parts;
    const consumer = consumers().known(authorizationOf(request));
    if (consumer === undefined) return false;
    const authorized = this.#authorizations.find(consumer, request.url ?? '');
    const now = clock.now();
    if (authorized === undefined || !consumer.limit.admits(now)) return false;
    const found = broker.cached(authorized.request, demandOf(consumer, authorized.asked));
    if (found === undefined) return false;
    consumer.limit.take(now);
    const exchange = new Exchange(now, request.headers);
    exchange.authorized(authorized);
    this.#handOut(found, { route: authorized.route, exchange, response, requestId: id() });
    return true;
  }

  #answer(
    consumer: Consumer,
    route: TokenRoute,
    request: FastifyRequest,
    reply: FastifyReply,
  ): void | Promise<void> {
    const { broker, clock } = this.parts;
    const { exchange } = request;
    exchange.consumer = consumer;
    consumer.limit.take(clock.now());
    const authorized =
      this.#authorizations.find(consumer, request.url) ?? this.#authorize(consumer, route, request);
    exchange.authorized(authorized);
    const demand = demandOf(consumer, authorized.asked);
    const send = (found: ServedToken) => {
      const isLast = isClosing(request.server);
      this.#handOut(found, { route, exchange, response: reply.raw, requestId: request.id, isLast });
      reply.hijack();
    };
    const atHand = broker.cached(authorized.request, demand);
    return atHand === undefined ? broker.tokenFor(authorized.request, demand).then(send) : send(atHand);
  }

  #authorize(consumer: Consumer, route: TokenRoute, request: FastifyRequest): Authorization {
    const asked = route.asked(request);
    request.exchange.asked = asked;
    const wanted = consumer.request(asked);
    const authorization = { route, asked, request: wanted, told: toldOf(consumer, wanted) };
    if (route.inAddress) this.#authorizations.remember(consumer, request.url, authorization);
    return authorization;
  }

  #handOut(found: ServedToken, { route, exchange, response, requestId, isLast }: Handing): void {
    const { audit, clock } = this.parts;
    const now = clock.now();
    const answer = route.answer(found.token, now);
    // Who has gone meanwhile is not handed anything.
    if (!response.destroyed) audit.handedOut(exchange, found, requestId, now);
    sendToken(response, answer, requestId, isLast);
  }
}

function demandOf({ name }: Consumer, { minTtl, rejected }: Asked): Demand {
  return { trigger: rejected === undefined ? 'demand' : 'rejected', consumer: name, minTtl, rejected };
}
