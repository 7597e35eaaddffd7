import type { Consumer } from '#consumers/consumer.js';
import type { FoundToken } from '#tokens/token-cache.js';
import type { TokenRequest } from '#tokens/token-request.js';
import type { FailureCode } from '#tokens/failures.js';
import type { TokenParameters } from './token-parameters.js';

/** What one request of a consumer has come to so far: its audit line and its metrics are made of it. */
export class Exchange {
  consumer?: Consumer;
  asked?: TokenParameters;
  request?: TokenRequest;
  served?: FoundToken;
  failure?: FailureCode;
  /** Why, where the consumer is not told. Holds no secret. */
  cause?: string;

  /** @param startedAt milliseconds of the monotonic clock */
  constructor(readonly startedAt: number) {}
}

declare module 'fastify' {
  interface FastifyRequest {
    exchange: Exchange;
  }
}
