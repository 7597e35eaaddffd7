import type { Answer } from '../answer.js';
import { httpDate } from './http-date.js';

/** `Date` counts whole seconds: on average it is half a second old. */
const resolution = 1_000;

/**
 * Milliseconds by which the clock of a server is ahead of ours (negative: behind), by the `Date` of its answer (RFC 9110
 * §6.6.1). It was written some time between sending and receiving: half of that is taken for likely. What may be nothing
 * but this and the rounding, or is below a second, is 0. Undefined without a `Date`.
 * @param receivedAt Unix time in milliseconds
 * @param roundTrip milliseconds
 */
export function clockSkew(
  headers: Answer['headers'],
  receivedAt: number,
  roundTrip: number,
): number | undefined {
  const date = httpDate(headers.get('date'));
  if (Number.isNaN(date)) return undefined;
  const skew = date + resolution / 2 - (receivedAt - roundTrip / 2);
  const doubt = Math.max(resolution, (resolution + roundTrip) / 2);
  return Math.abs(skew) < doubt ? 0 : skew;
}
