import { fc } from '#test/property.js';
import { describe, expect, it } from 'vitest';
import { packToken, unpackToken } from './token-record.js';

const parts = fc.array(fc.uint8Array({ minLength: 12 }), { minLength: 1, maxLength: 5 });
const visible = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
});

describe('a packed token', () => {
  it('is any token again when it is unpacked', () => {
    fc.assert(
      fc.property(visible, (token) => {
        expect(unpackToken(packToken(token))).toBe(token);
      }),
    );
  });

  it('is as long as the bytes that its base64url stands for, in one part or many', () => {
    fc.assert(
      fc.property(parts, (all) => {
        const token = all.map((bytes) => Buffer.from(bytes).toString('base64url')).join('.');
        const packed = packToken(token);
        expect(packed.bytes).toEqual(Buffer.concat(all));
        expect(unpackToken(packed)).toBe(token);
      }),
    );
  });

  it.each([
    ['that is not base64url', 'not~a~real~token'],
    ['of a length that base64url does not have', 'not-a-real-token-'],
    ['whose last bits base64url leaves out', 'not-a-real-token-B'],
    ['that would get longer', '.'.repeat(40)],
  ])('is the text of a token %s', (_, token) => {
    expect(packToken(token)).toEqual({ encoding: '-', bytes: Buffer.from(token) });
  });

  it.each(['0', '15', '17', '8.7', '8.9', '', '.', '99999999999999999999'])(
    'is none in the encoding %j, which its bytes do not have',
    (encoding) =>
      expect(unpackToken({ encoding: encoding, bytes: Buffer.from('not-a-real-token') })).toBeUndefined(),
  );
});
