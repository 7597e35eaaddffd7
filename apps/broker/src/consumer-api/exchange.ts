import type { IncomingHttpHeaders } from 'node:http';
import type { Consumer } from '#consumers/consumer.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import type { Authorization } from './authorizations.js';
import type { Rejection } from './rejection.js';
import type { RawParameters, TokenParameters } from './token-parameters.js';
import { traceIdOf } from './trace-context.js';

/** What is asked for, and which token was rejected, if one was. */
export type Asked = TokenParameters & Partial<Rejection>;

/** What one request of a consumer has come to so far: its audit line and its metrics are made of it. */
export class Exchange {
  consumer: Consumer | undefined;
  asked: Asked | undefined;
  request: TokenRequest | undefined;
  /** What the audit tells of both, once it is authorized: fields of a JSON object. */
  told = '';
  /** Under which its trace is found: of the caller's `traceparent`, or of our own tracer. */
  traceId: string | undefined;
  /** The body of an OAuth request: its credential and its parameters are in it. */
  form: RawParameters | undefined;

  /** @param startedAt milliseconds of the monotonic clock */
  constructor(
    readonly startedAt: number,
    { traceparent }: IncomingHttpHeaders = {},
  ) {
    this.traceId = traceIdOf(traceparent);
  }

  authorized({ request, told }: Pick<Authorization, 'request' | 'told'>): void {
    this.request = request;
    this.told = told;
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    exchange: Exchange;
  }
}
