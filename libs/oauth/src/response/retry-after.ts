import type { Answer } from '../answer.js';
import { httpDate } from './http-date.js';

const longest = 3_600_000;

/**
 * Milliseconds of `Retry-After` (RFC 9110 §10.2.3), at most one hour. A date counts from the answer's own `Date`, so
 * that the two clocks may differ. Undefined when it says nothing: absent, garbage, zero, or a moment gone by.
 */
export function retryAfter(headers: Answer['headers']): number | undefined {
  const value = headers.get('retry-after')?.trim() ?? '';
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : httpDate(value) - httpDate(headers.get('date'));
  return wait > 0 ? Math.min(wait, longest) : undefined;
}
