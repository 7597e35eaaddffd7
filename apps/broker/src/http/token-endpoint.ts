import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Consumer } from '#consumers/consumer.js';
import type { Clock } from '#tokens/clock.js';
import type { Demand } from '#tokens/demand.js';
import type { TokenSource } from '#tokens/token-broker.js';
import type { FoundToken } from '#tokens/token-cache.js';
import type { Audit } from './audit.js';
import type { Authentication } from './authentication.js';
import { type Authorization, Authorizations } from './authorizations.js';
import type { Asked } from './exchange.js';
import { toldOf } from './handed-out-line.js';
import { sendToken } from './token-answering.js';
import type { TokenRoute } from './token-route.js';

export interface TokenEndpointParts {
  authentication: Authentication;
  broker: TokenSource;
  audit: Audit;
  clock: Clock;
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
    const consumer = this.parts.authentication.consumer(route.credential(request));
    return consumer instanceof Promise
      ? consumer.then((known) => this.#answer(known, route, request, reply))
      : this.#answer(consumer, route, request, reply);
  }

  #answer(
    consumer: Consumer,
    route: TokenRoute,
    request: FastifyRequest,
    reply: FastifyReply,
  ): void | Promise<void> {
    const { broker, clock } = this.parts;
    request.exchange.consumer = consumer;
    consumer.limit.take(clock.now());
    const authorized = this.#authorizations.find(consumer, request.url);
    const { request: wanted, asked, told } = authorized ?? this.#authorize(consumer, route, request);
    request.exchange.request = wanted;
    request.exchange.told = told;
    const demand = demandOf(consumer, asked);
    const atHand = broker.tokenAtHand(wanted, demand);
    return atHand === undefined
      ? broker.tokenFor(wanted, demand).then((found) => this.#handOut(found, route, request, reply))
      : this.#handOut(atHand, route, request, reply);
  }

  #authorize(consumer: Consumer, route: TokenRoute, request: FastifyRequest): Authorization {
    const asked = route.asked(request);
    request.exchange.asked = asked;
    const wanted = consumer.request(asked);
    const authorization = { asked, request: wanted, told: toldOf(consumer, wanted) };
    if (route.inAddress) this.#authorizations.remember(consumer, request.url, authorization);
    return authorization;
  }

  #handOut(found: FoundToken, route: TokenRoute, request: FastifyRequest, reply: FastifyReply): void {
    const { audit, clock } = this.parts;
    const now = clock.now();
    const answer = route.answer(found.token, now);
    // Who has gone meanwhile is not handed anything.
    if (!reply.raw.destroyed) audit.handedOut(request.exchange, found, request.id, now);
    sendToken(reply, answer);
  }
}

function demandOf({ name }: Consumer, { minTtl, rejected }: Asked): Demand {
  return { trigger: rejected === undefined ? 'demand' : 'rejected', consumer: name, minTtl, rejected };
}
