import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Consumer } from '#consumers/consumer.js';
import type { Clock } from '#tokens/clock.js';
import type { TokenSource } from '#tokens/token-broker.js';
import type { Authentication } from './authentication.js';
import { type Authorization, Authorizations } from './authorizations.js';
import type { TokenRoute } from './token-route.js';

/** The one walk from a consumer's request to a token, for all ways to it. Authorizing comes before any cache is looked at. */
export class TokenEndpoint {
  readonly #authorizations = new Authorizations();

  constructor(
    private readonly authentication: Authentication,
    private readonly broker: TokenSource,
    private readonly clock: Clock,
  ) {}

  /** @throws Failure */
  async answer(route: TokenRoute, request: FastifyRequest, reply: FastifyReply): Promise<string> {
    const { exchange } = request;
    const consumer = await this.authentication.consumer(route.credential(request));
    exchange.consumer = consumer;
    consumer.limit.take(this.clock.now());
    const authorized = this.#authorizations.find(consumer, request.url);
    const { request: wanted, asked } = authorized ?? this.#authorize(consumer, route, request);
    exchange.request = wanted;
    exchange.served = await this.broker.tokenFor(wanted, {
      trigger: asked.rejected === undefined ? 'demand' : 'rejected',
      consumer: consumer.name,
      minTtl: asked.minTtl,
      rejected: asked.rejected,
    });
    return route.answer(reply, exchange.served.token, this.clock.now());
  }

  #authorize(consumer: Consumer, route: TokenRoute, request: FastifyRequest): Authorization {
    const asked = route.asked(request);
    request.exchange.asked = asked;
    const authorization = { asked, request: consumer.request(asked) };
    if (route.inAddress) this.#authorizations.remember(consumer, request.url, authorization);
    return authorization;
  }
}
