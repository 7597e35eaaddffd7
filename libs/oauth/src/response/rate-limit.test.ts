import { expect, it } from 'vitest';
import { readRateLimit } from './rate-limit.js';

const now = Date.UTC(2026, 10, 27);

it.each([
  [{ ratelimit: '"default";r=50;t=30', 'ratelimit-policy': '"default";q=100;w=60' }, [100, 50, 30_000]],
  [{ ratelimit: 'limit=100, remaining=50, reset=5' }, [100, 50, 5_000]],
  [
    { 'ratelimit-limit': '100, 100;w=60', 'ratelimit-remaining': '7', 'ratelimit-reset': '12' },
    [100, 7, 12_000],
  ],
  [
    {
      'x-ratelimit-limit': '10',
      'x-ratelimit-remaining': '3',
      'x-ratelimit-reset': String(now / 1_000 + 60),
    },
    [10, 3, 60_000],
  ],
  [{ 'x-rate-limit-remaining': '0' }, [undefined, 0, undefined]],
  [
    { 'auth0-client-quota-limit': 'b=per_hour;q=100;r=99;t=1,b=per_day;q=300;r=29;t=7200' },
    [300, 29, 7_200_000],
  ],
])('%j is read', (fields, [limit, remaining, resetsIn]) => {
  expect(readRateLimit(new Headers(fields), now)).toEqual({ limit, remaining, resetsIn });
});

it.each([
  {},
  { 'x-ratelimit-limit': '100' },
  { 'x-ratelimit-remaining': 'many' },
  { ratelimit: 'r' },
  { ratelimit: '"default"' },
  { 'auth0-client-quota-limit': ';;;,,,=' },
])('%j says nothing', (fields) => {
  expect(readRateLimit(new Headers(fields as Record<string, string>), now)).toBeUndefined();
});
