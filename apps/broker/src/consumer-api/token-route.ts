import type { FastifyRequest } from 'fastify';
import type { Credential } from '#consumers/credential.js';
import type { Token } from '#tokens/model/token.js';
import type { Asked } from './exchange.js';
import type { FailureAnswer } from './failure-answer.js';
import type { TokenAnswer } from './token-answering.js';

/** A proxy may ask with the method of the request that it is to let through. */
export const anyMethod = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

export type Method = (typeof anyMethod)[number];

/** One way to a token: where it is, how it is asked for, and how it is answered. All else is the same for all of them. */
export interface TokenRoute {
  readonly method: 'GET' | 'POST' | 'any';
  readonly url: string;
  /** @throws Failure `invalid_client` when there is none or it is malformed */
  credential(request: FastifyRequest): Credential;
  /**
   * Called for consumers who are known only.
   * @throws Failure `invalid_request`, `invalid_scope`
   */
  asked(request: FastifyRequest): Asked;
  /** Whether all that is asked stands in the address: then what it has been authorized as is remembered for a consumer. */
  readonly inAddress?: boolean;
  /** @param now milliseconds of the monotonic clock */
  answer(token: Token, now: number): TokenAnswer;
  /** Tells a failure in the terms of another contract than ours. */
  readonly refusal?: (failure: unknown, answer: FailureAnswer) => FailureAnswer;
}

export function methodsOf({ method }: Pick<TokenRoute, 'method'>): readonly Method[] {
  return method === 'any' ? anyMethod : [method];
}
