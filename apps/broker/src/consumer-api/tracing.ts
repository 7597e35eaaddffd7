import {
  context as traceContext,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { HttpFailure } from '../core/failure-response.js';
import type { RequestContext } from './request-context.js';

/** A span for each request of a consumer, as a child of the one that its `traceparent` (W3C Trace Context) names. */
export class RequestTracing {
  constructor(private readonly tracer: Tracer) {}

  /** Runs the walk of a request within the span: what it begins becomes the span's children. */
  trace<T>(context: RequestContext, walk: () => T): T {
    const { request, response, match } = context;
    const route = match instanceof HttpFailure ? 'unknown' : match.route.path;
    const attributes = { 'http.request.method': request.method, 'http.route': route };
    const parent = propagation.extract(ROOT_CONTEXT, request.headers);
    const span = this.tracer.startSpan(
      `${request.method} ${route}`,
      { kind: SpanKind.SERVER, attributes },
      parent,
    );
    context.traceId = span.spanContext().traceId;
    response.once('close', () => {
      span.setAttribute('http.response.status_code', response.statusCode);
      if (response.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    });
    return traceContext.with(trace.setSpan(ROOT_CONTEXT, span), walk);
  }
}
