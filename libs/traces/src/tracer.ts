import { ProxyTracerProvider, SpanStatusCode, trace, type Attributes, type Tracer } from '@opentelemetry/api';
import { Failure } from '#tokens/model/failures.js';

/** The tracer of the OpenTelemetry SDK that was loaded ahead of the broker; undefined without one. */
export function loadedTracer(): Tracer | undefined {
  const provider = trace.getTracerProvider();
  if (!(provider instanceof ProxyTracerProvider)) return provider.getTracer('token-broker');
  return provider.getDelegateTracer('token-broker');
}

/**
 * Runs the work in a span of its own: what it begins becomes the span's children. Of a failure only its code is
 * recorded, as messages may hold what an authorization server has said.
 */
export function inSpan<T>(
  tracer: Tracer,
  name: string,
  attributes: Attributes,
  work: (set: (more: Attributes) => void) => Promise<T>,
): Promise<T> {
  return tracer.startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work((more) => span.setAttributes(more));
    } catch (error) {
      const code = error instanceof Failure ? error.code : 'unexpected';
      span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', code);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Puts a tracing part in front of one, where there is a tracer: without one nothing is paid. */
export function tracedBy(tracer: Tracer | undefined) {
  return <T>(part: T, Traced: new (part: T, tracer: Tracer) => T): T =>
    tracer === undefined ? part : new Traced(part, tracer);
}
