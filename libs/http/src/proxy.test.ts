import { describe, expect, it } from 'vitest';
import { Proxy } from './proxy.js';

const url = new URL('http://proxy.example:3128');

describe('NO_PROXY', () => {
  it.each([
    ['*', 'https://auth.example/token'],
    ['auth.example', 'https://auth.example/token'],
    ['auth.example', 'https://AUTH.example./token'],
    ['example', 'https://auth.example/token'],
    ['.example', 'https://auth.example/token'],
    ['.auth.example', 'https://auth.example/token'],
    ['Example.', 'https://auth.example/token'],
    ['auth.example:443', 'https://auth.example/token'],
    ['auth.example:8443', 'https://auth.example:8443/token'],
    ['.example:8443', 'https://auth.example:8443/token'],
    ['10.1.2.3', 'https://10.1.2.3/token'],
    ['10.0.0.0/8', 'https://10.1.2.3/token'],
    ['10.1.2.3/32', 'https://10.1.2.3/token'],
    ['10.0.0.0/8:8443', 'https://10.1.2.3:8443/token'],
    ['fd00::/8', 'https://[fd00::1]/token'],
    ['::1', 'https://[0:0:0:0:0:0:0:1]/token'],
    ['[::1]:8443', 'https://[::1]:8443/token'],
  ])('%s excepts %s', (entry, target) => {
    expect(new Proxy({ url, exceptions: ['other.example', entry] }).isFor(new URL(target))).toBe(false);
  });

  it.each([
    ['ample', 'https://auth.example/token'],
    ['auth.example', 'https://example/token'],
    ['auth.example.', 'https://auth.example.org/token'],
    ['auth.example:8443', 'https://auth.example/token'],
    ['*.example', 'https://auth.example/token'],
    ['10.0.0.0/8', 'https://11.1.2.3/token'],
    ['10.0.0.0/8', 'https://10.example/token'],
    ['10.0.0.0/33', 'https://10.0.0.0/token'],
    ['0.0.0.1', 'https://10.0.0.1/token'],
    ['fd00::/8', 'https://[fe80::1]/token'],
    ['[::1]:8443', 'https://[::1]/token'],
    ['::1', 'https://[::2]/token'],
    ['', 'https://auth.example/token'],
    ['.', 'https://auth.example/token'],
  ])('%s does not except %s', (entry, target) => {
    expect(new Proxy({ url, exceptions: [entry] }).isFor(new URL(target))).toBe(true);
  });

  it('is not needed for http: nothing goes to a proxy in clear', () => {
    expect(new Proxy({ url }).isFor(new URL('http://127.0.0.1:8080/token'))).toBe(false);
  });
});
