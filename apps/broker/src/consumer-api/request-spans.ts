import {
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** A span for each request of a consumer, as a child of the one that its `traceparent` (W3C Trace Context) names. */
export function traceRequests(server: FastifyInstance, tracer: Tracer): void {
  const spans = new WeakMap<FastifyRequest, Span>();
  server.addHook('onRequest', (request, _reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    const attributes = { 'http.request.method': request.method, 'http.route': route };
    const parent = propagation.extract(ROOT_CONTEXT, request.headers);
    const span = tracer.startSpan(
      `${request.method} ${route}`,
      { kind: SpanKind.SERVER, attributes },
      parent,
    );
    request.exchange.traceId = span.spanContext().traceId;
    spans.set(request, span);
    done();
  });
  // What runs after this hook runs within the span; what reads a body would lose it.
  server.addHook('preHandler', (request, _reply, done) => {
    context.with(trace.setSpan(ROOT_CONTEXT, spans.get(request)!), done);
  });
  server.addHook('onResponse', (request, { statusCode }, done) => {
    const span = spans.get(request)!;
    span.setAttribute('http.response.status_code', statusCode);
    if (statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
    done();
  });
}
