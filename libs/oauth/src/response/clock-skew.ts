import type { HttpResponse } from '#http/http-client.js';
import { httpDate } from '#http/http-date.js';

/** `Date` counts whole seconds: on average it is half a second old. */
const resolution = 1_000;

/**
 * Milliseconds by which the clock of a server is ahead of ours (negative: behind), by the `Date` of its response (RFC
 * 9110 §6.6.1), assumed to have been written half way between sending and receiving. A difference that this and the
 * rounding explain, or below a second, is 0. Undefined without a `Date`.
 * @param receivedAt Unix time in milliseconds
 * @param roundTrip milliseconds
 */
export function clockSkew(
  headers: HttpResponse['headers'],
  receivedAt: number,
  roundTrip: number,
): number | undefined {
  const date = httpDate(headers.get('date'));
  if (Number.isNaN(date)) return undefined;
  const skew = date + resolution / 2 - (receivedAt - roundTrip / 2);
  const doubt = Math.max(resolution, (resolution + roundTrip) / 2);
  return Math.abs(skew) < doubt ? 0 : skew;
}
