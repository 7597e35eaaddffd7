import { fc } from '#test/property.js';
import { describe, expect, it } from 'vitest';
import { formatCooldownRecord, parseCooldownRecord } from './cooldown-table.js';

const bytes = fc.uint8Array().map((all) => Buffer.from(all));
const instants = fc.integer({ min: 0, max: 1e14 });

describe('the record of a cool-down', () => {
  it('is read as it was written, and written again alike: it is compared byte by byte', () => {
    const records = fc.record({
      since: instants,
      until: instants,
      failures: fc.integer({ min: 1, max: 1e9 - 1 }),
      probing: fc.boolean(),
      sealed: bytes,
    });
    fc.assert(
      fc.property(records, (record) => {
        const written = formatCooldownRecord(record);
        expect(parseCooldownRecord(written)).toEqual(record);
        expect(formatCooldownRecord(parseCooldownRecord(written)!)).toEqual(written);
      }),
    );
  });

  it.each(['', 'junk', '1 2 3 x sealed', '1 2 c sealed', '-1 2 3 c sealed', '1.5 2 3 c sealed'])(
    'is not %j',
    (text) => {
      expect(parseCooldownRecord(Buffer.from(text))).toBeUndefined();
    },
  );
});
