import { fc } from '#test/property.js';
import { describe, expect, it } from 'vitest';
import { Redaction } from './redaction.js';

const secret = 'not a real+secret/é%';

describe('Redaction', () => {
  it.each([
    ['as it is', secret],
    ['as in a form', 'not+a+real%2Bsecret%2F%C3%A9%25'],
    ['as in a URL', 'not%20a%20real%2Bsecret%2F%C3%A9%25'],
    ['as a whole URL is escaped', 'not%20a%20real+secret/%C3%A9%25'],
    ['with control characters inside', 'not a \u0000real+sec\u202eret/é%'],
  ])('hides a secret %s', (_title, echo) => {
    expect(new Redaction([secret]).clean(`wrong: ${echo}!`)).toBe('wrong: [redacted]!');
  });

  it('hides a secret with white space at its ends when it is echoed without', () => {
    expect(new Redaction([' not-a-real-secret\n']).clean('<not-a-real-secret>')).toBe('<[redacted]>');
  });

  it('hides the longer of two secrets first', () => {
    expect(new Redaction(['abc', 'abcdef']).clean('abcdef abc')).toBe('[redacted] [redacted]');
  });

  it('hides whatever looks like a JWT, cut off or whole', () => {
    const { clean } = { clean: (text: string) => new Redaction([]).clean(text) };
    expect(clean('bad eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln.')).toBe('bad [redacted]');
    expect(clean('bad eyJhbGciOi')).toBe('bad [redacted]');
  });

  it('hides a secret that the cut to 200 characters would go through', () => {
    const cleaned = new Redaction(['not-a-real-secret']).clean(`${'x'.repeat(195)}not-a-real-secret`);
    expect(cleaned).toBe(`${'x'.repeat(195)}[reda`);
  });

  it('leaves ordinary text alone, and knows no empty secret', () => {
    expect(new Redaction(['', '\u0000']).clean('der Schlüssel ist falsch 🔑')).toBe(
      'der Schlüssel ist falsch 🔑',
    );
  });

  it('never lets a secret or an unprintable character through, nor more than 200 characters', () => {
    const secrets = fc.string({ unit: 'binary', minLength: 12, maxLength: 40 });
    const around = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(secrets, around, around, (hidden, before, after) => {
        const cleaned = new Redaction([hidden]).clean(before + hidden + after);
        expect(cleaned).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
        expect([...cleaned].length).toBeLessThanOrEqual(200);
        expect(cleaned.includes(hidden) && hidden !== '').toBe(false);
      }),
    );
  });
});
