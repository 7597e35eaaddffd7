import { describe, expect, it } from 'vitest';
import { traceIdOf } from './request-context.js';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('traceIdOf', () => {
  it.each([
    ['of this version', `00-${trace}-00f067aa0ba902b7-01`],
    ['of a later version, with more behind', `01-${trace}-00f067aa0ba902b7-01-more`],
  ])('finds the trace of a traceparent %s', (_title, header) => {
    expect(traceIdOf(header)).toBe(trace);
  });

  it.each([
    undefined,
    '',
    'not-a-traceparent',
    `ff-${trace}-00f067aa0ba902b7-01`,
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `00-${trace.toUpperCase()}-00f067aa0ba902b7-01`,
    `00-${trace}-00f067aa0ba902b7-01x`,
    `00-${trace}\n-00f067aa0ba902b7-01`,
  ])('finds none in %j', (header) => {
    expect(traceIdOf(header)).toBeUndefined();
  });
});
