import { describe, expect, it } from 'vitest';
import { parseCredential } from './credential.js';

describe('parseCredential', () => {
  it('takes what is not a JWT for an API key', () => {
    const credential = parseCredential('Bearer tbk_not-a-real-key');
    expect(credential.kind).toBe('api_key');
    expect(credential.kind === 'api_key' && credential.key.reveal()).toBe('tbk_not-a-real-key');
  });

  it('takes three base64url parts for a workload JWT', () => {
    const credential = parseCredential('Bearer head-er.pay_load.signature');
    expect(credential.kind).toBe('workload_jwt');
    expect(credential.kind === 'workload_jwt' && credential.jwt.reveal()).toBe('head-er.pay_load.signature');
  });

  it.each(['bearer key', 'BEARER key', 'Bearer   key', 'Bearer key==', 'Bearer a~b+c/d'])(
    'accepts %j',
    (authorization) => {
      expect(parseCredential(authorization).kind).toBe('api_key');
    },
  );

  it.each(['a.b', 'a.b.c.d', 'a..c', 'a.b.', 'a.b.c=', 'a.b.c~'])('does not take %j for a JWT', (value) => {
    expect(parseCredential(`Bearer ${value}`).kind).toBe('api_key');
  });

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearerkey',
    'Bearer\tkey',
    'Bearer key ',
    'Bearer key other',
    'Bearer key, Bearer other',
    ' Bearer key',
    'Bearer =',
    'Bearer k=y',
    'Bearer kéy',
    'Bearer key\n',
    'Basic bm90OnJlYWw=',
    'key',
  ])('refuses %j and says how to authenticate', (authorization) => {
    expect(() => parseCredential(authorization)).toThrow(
      expect.objectContaining({
        code: 'invalid_client',
        message: expect.stringContaining('Authorization: Bearer'),
      }),
    );
  });

  it('accepts 4 KiB and not one character more', () => {
    expect(parseCredential(`Bearer ${'k'.repeat(4_096)}`).kind).toBe('api_key');
    expect(() => parseCredential(`Bearer ${'k'.repeat(4_097)}`)).toThrow(/4 KiB/);
  });

  it('never repeats what was sent', () => {
    expect(() => parseCredential('Bearer not a real key')).toThrow(/^(?!.*not a real)/);
  });
});
