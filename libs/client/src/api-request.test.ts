import { describe, expect, it } from 'vitest';
import { ApiOrigins } from './api-request.js';

describe('the origins of an API', () => {
  it.each([
    ['https://api.example', true],
    ['https://api.example/v1?x#y', true],
    ['HTTPS://API.Example:443/', true],
    ['https://api.example./orders', true],
    ['https://api%2eexample/', true],
    ['http://api.example', false],
    ['https://api.example:8443', false],
    ['https://api.example..', false],
    ['https://api.example@elsewhere.example', false],
    ['https://api.example:word@elsewhere.example', false],
    ['https://user:word@api.example', false],
    ['https://api.example.elsewhere.example', false],
    ['https://sub.api.example', false],
    ['https://elsewhere.example/https://api.example', false],
    ['https://elsewhere.example\\@api.example', false],
    ['//api.example', false],
    ['/orders', false],
    ['', false],
    ['ftp://api.example', false],
    ['data:,https://api.example', false],
    ['blob:https://api.example/1', false],
  ])('listed, decide on %s: %s', (url, allowed) => {
    expect(new ApiOrigins(['https://api.example/v1']).allows(url)).toBe(allowed);
  });

  it.each([
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
    ['http://127.0.0.1:8080', 'http://0x7f.1:8080/'],
    ['http://[::1]', 'http://[0:0:0:0:0:0:0:1]:80'],
    ['https://api.example.', 'https://api.example'],
  ])('know %s as %s', (listed, url) => {
    expect(new ApiOrigins([listed]).allows(url)).toBe(true);
  });

  it('keep a name of one label and the same with a dot apart, as search domains apply to one only', () => {
    expect(new ApiOrigins(['http://orders']).allows('http://orders.')).toBe(false);
  });

  it('are none when the list is empty', () => {
    expect(new ApiOrigins([]).allows('https://api.example')).toBe(false);
  });

  it('are that of the base URL without a list, and of the first request without both', () => {
    const origins = new ApiOrigins(undefined);
    expect(origins.allows('https://elsewhere.example', 'https://api.example/v1')).toBe(false);
    expect(origins.allows('https://api.example/orders', 'https://api.example/v1')).toBe(true);
    expect(origins.allows('https://first.example')).toBe(true);
    expect(origins.allows('https://api.example')).toBe(false);
    expect(origins.allows('https://first.example/again')).toBe(true);
  });
});
