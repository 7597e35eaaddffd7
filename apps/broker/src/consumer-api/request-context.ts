import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Consumer } from '#consumers/consumer.js';
import type { CredentialUse } from '#consumers/consumer-activity.js';
import type { Grant } from '#consumers/grant.js';
import { HttpFailure } from '../core/failure-response.js';
import { decodedPath, type RawParameters, type RequestedToken } from './parameters.js';
import type { RouteMatch } from './routes.js';

/** W3C Trace Context §3.2 */
const traceparent = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-[\da-f]{16}-[\da-f]{2}(?:-|$)/;

/** One request and what is known of it so far: its audit line and its metrics are made of it. */
export class RequestContext {
  consumer: Consumer | undefined;
  /** Of the consumer, which the request has shown. */
  credential: CredentialUse | undefined;
  parameters: RequestedToken | undefined;
  grant: Grant | undefined;
  /** The body of an OAuth request, which holds its credential and its parameters. */
  form: RawParameters | undefined;
  /** Of the caller's `traceparent`, or of the loaded tracer. */
  traceId: string | undefined;

  /** @param startedAt milliseconds of the monotonic clock */
  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    readonly match: RouteMatch | HttpFailure,
    readonly id: string,
    readonly startedAt: number,
  ) {
    this.traceId = traceIdOf(request.headers['traceparent']);
  }

  /** The query as it was sent: a lenient parser would widen the request. */
  get query(): string {
    const { url = '' } = this.request;
    const at = url.indexOf('?');
    return at < 0 ? '' : url.slice(at + 1);
  }

  /**
   * The values of `:name` in the path of the route.
   * @throws HttpFailure 400
   */
  get pathParameters(): string[] {
    if (this.match instanceof HttpFailure) return [];
    return this.match.segments.map((segment) => {
      const decoded = decodedPath(segment);
      if (decoded === undefined) throw HttpFailure.of(400, 'the address is malformed');
      return decoded;
    });
  }
}

/** The trace id of a `traceparent` header; undefined when the header is malformed. */
export function traceIdOf(header: unknown): string | undefined {
  return typeof header === 'string' ? traceparent.exec(header)?.[1] : undefined;
}
