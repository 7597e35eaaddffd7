import { describe, expect, it } from 'vitest';
import { connectionFindings } from './response-findings.js';
import { noObservation, type Observation } from './wire-observer.js';

const now = Date.parse('2026-11-23T12:00:00Z');
const day = 86_400_000;

const found = (seen: Partial<Observation>) =>
  connectionFindings({ ...noObservation, ...seen }, now).map(({ code, detail }) => [code, detail]);

describe('what is found in a connection', () => {
  it('is a clock that is more than half a minute off', () => {
    expect(found({ skew: 30_000 })).toEqual([]);
    expect(found({ skew: 31_000 })).toEqual([['clock_skew', "Its clock is 31 s ahead of this machine's."]]);
    expect(found({ skew: -90_000 })).toEqual([['clock_skew', "Its clock is 90 s behind this machine's."]]);
  });

  it('is a certificate that ends within two weeks', () => {
    expect(found({ certificateEndsAt: now + 14 * day })).toEqual([]);
    expect(found({ certificateEndsAt: now + 1.5 * day })).toEqual([
      ['certificate_ends_soon', "The server's certificate expires in 1 day."],
    ]);
  });
});
