import { expect, it } from 'vitest';
import { isSecureUrl } from './secure-url.js';

it.each([
  'https://auth.example/token',
  'http://localhost:8080/token',
  'http://127.0.0.1/token',
  'http://127.1:9/token',
  'http://[::1]:8080/token',
])('a secret may be sent to %s', (url) => {
  expect(isSecureUrl(new URL(url))).toBe(true);
});

it.each([
  'http://auth.example/token',
  'http://localhost.example/token',
  'http://127.0.0.1.example/token',
  'http://10.0.0.1/token',
  'http://[::2]/token',
  'ftp://localhost/token',
  'file:///token',
])('no secret may be sent to %s', (url) => {
  expect(isSecureUrl(new URL(url))).toBe(false);
});
