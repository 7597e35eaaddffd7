import { Controller, Get, HttpCode, Post, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Consumer } from '#consumers/consumer.js';
import { Clock } from '#tokens/clock.js';
import { Failure } from '#tokens/failures.js';
import { TokenBroker } from '#tokens/token-broker.js';
import { ConsumerGuard } from './consumer.guard.js';
import { parseRejection, type Rejection } from './rejection.js';
import { tokenAnswer, type TokenAnswerBody } from './token-answer.js';
import { parseQuery, type TokenParameters, tokenParameters } from './token-parameters.js';

/** The consumers' way to a token. Authorizing comes before any cache is looked at. */
@Controller('token')
@UseGuards(ConsumerGuard)
export class TokenController {
  constructor(
    private readonly broker: TokenBroker,
    private readonly clock: Clock,
  ) {}

  @Get()
  token(@Req() request: FastifyRequest): Promise<TokenAnswerBody> {
    return this.#answer(request, tokenParameters(parseQuery(queryOf(request))));
  }

  @Post('rejected')
  @HttpCode(200)
  rejected(@Req() request: FastifyRequest): Promise<TokenAnswerBody> {
    // Two places for one parameter: what was left out of the body would widen the request.
    if (queryOf(request) !== '') throw new Failure('invalid_request', 'parameters go into the body here');
    return this.#answer(request, parseRejection(request.headers['content-type'], request.body));
  }

  async #answer(
    { exchange }: FastifyRequest,
    asked: TokenParameters & Partial<Rejection>,
  ): Promise<TokenAnswerBody> {
    const consumer = exchange.consumer as Consumer;
    exchange.asked = asked;
    exchange.request = consumer.request(asked);
    const { minTtl, rejected } = asked;
    exchange.served = await this.broker.tokenFor(exchange.request, {
      trigger: rejected === undefined ? 'demand' : 'rejected',
      consumer: consumer.name,
      minTtl,
      rejected,
    });
    return tokenAnswer(exchange.served.token, this.clock.now());
  }
}

/** The query as it was sent: parsing it is ours, as a lenient parser would widen what is asked for. */
function queryOf({ url }: FastifyRequest): string {
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at + 1);
}
