import { fc } from '#test/property.js';

type Edit = (bytes: Buffer) => Buffer;

/** An input does not grow beyond this by being edited. */
const longest = 300 * 1024;

/** What parsers stumble over. */
const morsels: readonly Buffer[] = [
  ...'\0 \t \n \r \r\n \x7f \x1b[2J " \' \\ { } [ ] : , ; = & ? # % + * ! | > @ ` ~ - . ..'.split(' '),
  ...'%00 %0d%0a %zz % %c0%af %ed%a0%80 %2e%2e%2f \\u0000 \\ud800 \\x ${ ${PLANTED} ${A:-b} << --- ...'.split(
    ' ',
  ),
  ...'null true -1 0 1e400 -0 NaN 0x10 1.5 __proto__ constructor toString eyJ e30 tbk_'.split(' '),
  ...'\u202e \u200b \u2028 \u00e9 \ufeff \ud83d\ude00 \u212a \u0130 \uff0e'.split(' '),
  '9'.repeat(40),
  '['.repeat(2_000),
  'A'.repeat(5_000),
  '\u{1F600}'.repeat(500),
].map((text) => Buffer.from(text));
const bad = [[0xff, 0xfe], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf8, 0x88], [0x1f, 0x8b, 8, 0], [0x80]].map(
  (bytes) => Buffer.from(bytes),
);

const at = fc.nat(1 << 20);
const short = fc.integer({ min: 1, max: 40 });

const flip = fc.tuple(at, fc.nat(7)).map(([place, bit]): Edit => (bytes) => {
  const flipped = Buffer.from(bytes);
  if (bytes.length > 0) flipped[place % bytes.length]! ^= 1 << bit;
  return flipped;
});
const cut = fc.tuple(at, fc.oneof(short, at)).map(([place, length]): Edit => (bytes) => {
  const from = place % (bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + length)]);
});
const put = fc
  .tuple(at, fc.constantFrom(...morsels, ...bad))
  .map(([place, morsel]): Edit => inserting(place, () => morsel));
const copy = fc
  .tuple(at, at, short)
  .map(([place, from, length]): Edit => inserting(place, (bytes) => slice(bytes, from, length)));
const repeat = fc
  .tuple(at, short, fc.integer({ min: 2, max: 2_000 }))
  .map(([place, length, times]): Edit =>
    inserting(place, (bytes) => Buffer.concat(Array<Buffer>(times).fill(slice(bytes, place, length)))),
  );
const escape = at.map((place): Edit => (bytes) => {
  const from = place % (bytes.length + 1);
  const escaped = bytes
    .subarray(from, from + 1)
    .toString('hex')
    .replace(/../, '%$&');
  return Buffer.concat([bytes.subarray(0, from), Buffer.from(escaped), bytes.subarray(from + 1)]);
});
const recode = fc.constantFrom<BufferEncoding>('utf16le', 'base64', 'base64url', 'hex').map(
  (encoding): Edit =>
    (bytes) =>
      encoding === 'utf16le'
        ? Buffer.from(bytes.toString('latin1'), encoding)
        : Buffer.from(bytes.toString(encoding)),
);

const edit = fc.oneof(
  { weight: 4, arbitrary: flip },
  { weight: 3, arbitrary: cut },
  { weight: 6, arbitrary: put },
  { weight: 3, arbitrary: copy },
  { weight: 1, arbitrary: repeat },
  { weight: 2, arbitrary: escape },
  { weight: 1, arbitrary: recode },
);

function inserting(place: number, what: Edit): Edit {
  return (bytes) => {
    const from = place % (bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, from), what(bytes), bytes.subarray(from)]);
  };
}

function slice(bytes: Buffer, from: number, length: number): Buffer {
  const start = from % (bytes.length + 1);
  return bytes.subarray(start, start + length);
}

/** One of these after one to four edits, now and then with the end of another one. */
export function mutated(valid: readonly (Buffer | string)[]): fc.Arbitrary<Buffer> {
  const bases = valid.map((one): Buffer => (typeof one === 'string' ? Buffer.from(one) : one));
  const base = fc.constantFrom(...bases);
  const splice = fc.tuple(at, base).map(([place, other]): Edit => (bytes) => {
    const from = place % (Math.min(bytes.length, other.length) + 1);
    return Buffer.concat([bytes.subarray(0, from), other.subarray(from)]);
  });
  const edits = fc.array(fc.oneof({ weight: 19, arbitrary: edit }, { weight: 1, arbitrary: splice }), {
    minLength: 1,
    maxLength: 4,
  });
  return fc
    .tuple(base, edits)
    .map(([whole, all]) => all.reduce<Buffer>((bytes, one) => one(bytes).subarray(0, longest), whole));
}
