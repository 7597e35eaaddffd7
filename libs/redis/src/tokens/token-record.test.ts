import { fc } from '#test/property.js';
import { describe, expect, it } from 'vitest';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { Secret } from '#tokens/model/secret.js';
import { Token } from '#tokens/model/token.js';
import { someToken } from '#test/some-token.js';
import { parseTokenRecord, tokenRecord } from './token-record.js';

const visible = (from: number, but: string) =>
  Array.from({ length: 0x7f - from }, (_, n) => String.fromCharCode(from + n)).filter(
    (c) => !but.includes(c),
  );
const asked = ScopeSet.parse('read');
const late = () => 1_000_000;
const scope = fc.string({ unit: fc.constantFrom(...visible(0x21, '"\\')), minLength: 1 });
const tokens = fc
  .record({
    accessToken: fc.string({ unit: fc.constantFrom(...visible(0x21, '')), minLength: 1 }),
    scopes: fc.array(scope),
    issuedAt: fc.double({ min: 0, max: 1e9, noNaN: true }),
    lifetime: fc.integer({ min: 10_000, max: 86_400_000 }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(
    ({ accessToken, scopes, issuedAt, lifetime, part }) =>
      new Token({
        accessToken: new Secret(accessToken),
        scopes: ScopeSet.of(scopes),
        issuedAt,
        renewAt: issuedAt + part * lifetime,
        expiresAt: issuedAt + lifetime,
        generation: 1,
      }),
  );

const at = (generation: number) => ({ generation, issuedAt: undefined });

describe('the record of a token', () => {
  it('holds token, scopes and durations, whatever the clock of the replica that reads it', () => {
    fc.assert(
      fc.property(tokens, fc.double({ min: 0, max: 1e9, noNaN: true }), (token, expiresAt) => {
        const parsed = parseTokenRecord(tokenRecord(token, asked), at(7), asked, () => expiresAt)!;
        expect(parsed.accessToken.reveal()).toBe(token.accessToken.reveal());
        expect(String(parsed.scopes)).toBe(String(token.scopes));
        expect(parsed).toMatchObject({ expiresAt, generation: 7 });
        expect(Math.abs(parsed.lifetime - token.lifetime)).toBeLessThan(1);
        const renewBefore = token.expiresAt - token.renewAt;
        expect(Math.abs(expiresAt - parsed.renewAt - renewBefore)).toBeLessThan(1);
      }),
    );
  });

  it('shares the scopes with the request when they were granted as asked for', () => {
    const [granted, other] = [ScopeSet.parse('a b'), ScopeSet.parse('a')];
    const token = someToken(0, { scopes: granted });
    const scopesOf = (requested: ScopeSet) =>
      parseTokenRecord(tokenRecord(token, requested), at(1), requested, late)!.scopes;
    expect(scopesOf(granted)).toBe(granted);
    expect(String(scopesOf(other))).toBe('a b');
    expect(tokenRecord(token, granted).length).toBeLessThan(tokenRecord(token, other).length);
  });

  it('is parsed strictly: any bytes give a token or nothing, and no token reads otherwise when written again', () => {
    const number = fc.nat().map(String);
    const form = fc.oneof(fc.constantFrom('-', '3', '0.2.1', '1..2'), fc.string());
    const heads = fc
      .tuple(number, number, form, fc.oneof(fc.constantFrom('read', ''), fc.string()))
      .map((words) => words.join(' '));
    const bytes = fc.uint8Array().map((all) => Buffer.from(all));
    fc.assert(
      fc.property(
        fc.oneof(
          bytes,
          fc.tuple(heads, bytes).map(([line, rest]) => Buffer.concat([Buffer.from(`${line}\n`), rest])),
        ),
        (record) => {
          const parsed = parseTokenRecord(record, at(1), asked, late);
          if (parsed === undefined) return;
          const again = parseTokenRecord(tokenRecord(parsed, asked), at(1), asked, late);
          expect(String(again?.scopes)).toBe(String(parsed.scopes));
          expect(again?.accessToken.reveal()).toBe(parsed.accessToken.reveal());
        },
      ),
    );
  });

  it.each([
    ['nothing', ''],
    ['a missing line', '1000 100 - read'],
    ['a line too many', '1000 100 - read\nnot-a-real-token\n'],
    ['a negative duration', '-1000 100 - read\nnot-a-real-token'],
    ['a duration that is no number', 'Infinity 100 - read\nnot-a-real-token'],
    ['what is no scope', '1000 100 - "read"\nnot-a-real-token'],
    ['no form', '1000 100\nnot-a-real-token'],
    ['a part that is too short', '1000 100 17\nnot-a-real-token'],
    ['a part that is too long', '1000 100 15\nnot-a-real-token'],
    ['an empty access token', '1000 100 - read\n'],
    ['an access token of no bytes', '1000 100 0 read\n'],
    ['an access token that no header can carry', '1000 100 - read\nnot-a-real-token\r'],
  ])('does not pass for a token with %s', (_, text) => {
    expect(parseTokenRecord(Buffer.from(text), at(1), asked, late)).toBeUndefined();
  });
});
