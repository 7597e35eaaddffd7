import { describe, expect, it } from 'vitest';
import { asSentence, clockTime, fromNow, fromNowSpelled, lasting } from './assets/words.js';

const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000] as const;
const now = Date.UTC(2026, 10, 23, 12);
const at = (ms: number) => new Date(now + ms).toISOString();

describe('words for times', () => {
  it.each([
    [0, '0 s'],
    [95.9 * second, '95 s'],
    [2 * minute, '2 min'],
    [59.9 * minute, '59 min'],
    [hour, '1 h'],
    [2 * hour + 5.5 * minute, '2 h 5 min'],
    [3 * day + 4 * hour, '3 d 4 h'],
  ])('say a duration of %d ms as %s', (ms, words) => {
    expect(lasting(ms)).toBe(words);
  });

  it('look ahead, back, and at the present', () => {
    expect(fromNow(at(35 * minute), now)).toBe('in 35 min');
    expect(fromNow(at(-12 * second), now)).toBe('12 s ago');
    expect(fromNow(at(400), now)).toBe('now');
  });

  it('are spelled out in sentences, in the singular where it is one', () => {
    expect(fromNowSpelled(at(day + 2 * hour), now)).toBe('in 1 day 2 hours');
    expect(fromNowSpelled(at(-second), now)).toBe('1 second ago');
  });

  it('have a date only when it is not that of today', () => {
    expect(clockTime(at(0), now)).toMatch(/^\d\d:\d\d:\d\d$/);
    expect(clockTime(at(2 * day), now)).toMatch(/25 Nov/);
  });
});

describe('words of another system', () => {
  it.each([
    ['the server is down', 'The server is down.'],
    ['Try later! ', 'Try later!'],
  ])('become a sentence: %s', (words, sentence) => {
    expect(asSentence(words)).toBe(sentence);
  });
});
