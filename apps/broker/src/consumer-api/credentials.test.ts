import { Failure } from '#tokens/model/failures.js';
import { describe, expect, it } from 'vitest';
import { parseClientAuthentication } from './credentials.js';

const name = 'order-service';
const key = 'not-a-real-key';
const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

type Fields = Record<string, string | string[]>;

function parse(authorization: string | undefined, fields: Fields = {}) {
  const form = new Map(Object.entries(fields).map(([field, values]) => [field, [values].flat()]));
  const credential = parseClientAuthentication(authorization, form);
  if (credential.kind === 'certificate') throw new Error('there is no certificate');
  const secret = credential.kind === 'api_key' ? credential.key : credential.jwt;
  return { kind: credential.kind, name: credential.name, secret: secret.reveal() };
}

function basic(pair: string): string {
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

function codeOf(authorization: string | undefined, fields: Fields): string {
  try {
    parse(authorization, fields);
  } catch (failure) {
    if (failure instanceof Failure) return failure.code;
    throw failure;
  }
  return 'none';
}

describe('the authentication of an OAuth client', () => {
  it.each([
    ['client_secret_basic', basic(`${name}:${key}`), {}],
    ['a scheme in other letters', basic(`${name}:${key}`).replace('Basic', 'bAsIc  '), {}],
    ['the same name in the form', basic(`${name}:${key}`), { client_id: name }],
    ['parts that are form-url-encoded', basic('order%2Dservice:not%2Da-real-key'), {}],
    ['client_secret_post', undefined, { client_id: name, client_secret: key }],
  ])('is a name and an API key by %s', (_, authorization, fields) => {
    expect(parse(authorization, fields)).toEqual({ kind: 'api_key', name, secret: key });
  });

  it('splits at the first colon, and decodes after that', () => {
    expect(parse(basic('a:b:c'))).toMatchObject({ name: 'a', secret: 'b:c' });
    expect(parse(basic('a%3Ab:c+d'))).toMatchObject({ name: 'a:b', secret: 'c d' });
  });

  it('is a workload JWT by client_assertion, with a name or without one', () => {
    const fields = { client_assertion: 'a.b.c', client_assertion_type: type };
    expect(parse(undefined, fields)).toEqual({ kind: 'workload_jwt', name: undefined, secret: 'a.b.c' });
    expect(parse(undefined, { ...fields, client_id: name })).toMatchObject({ name });
  });

  it.each<[string, string | undefined, Fields]>([
    ['nothing', undefined, {}],
    ['a name alone', undefined, { client_id: name }],
    ['a secret without a name', undefined, { client_secret: key }],
    ['another scheme', `Bearer ${key}`, {}],
    ['two headers joined', `${basic('a:b')}, ${basic('a:b')}`, {}],
    ['no Base64', 'Basic ?', {}],
    ['no colon', basic(key), {}],
    ['no name', basic(`:${key}`), {}],
    ['no key', basic(`${name}:`), {}],
    ['a wrong escape', basic(`${name}:%zz`), {}],
    ['another name in the form', basic(`${name}:${key}`), { client_id: 'support-desk' }],
  ])('refuses %s as invalid_client', (_, authorization, fields) => {
    expect(codeOf(authorization, fields)).toBe('invalid_client');
  });

  it.each<[string, string | undefined, Fields]>([
    ['header and secret', basic(`${name}:${key}`), { client_id: name, client_secret: key }],
    ['header and assertion', basic(`${name}:${key}`), { client_assertion: 'a.b.c' }],
    ['secret and assertion', undefined, { client_id: name, client_secret: key, client_assertion: 'a.b.c' }],
    ['two secrets', undefined, { client_id: name, client_secret: [key, key] }],
    ['two names', undefined, { client_id: [name, name], client_secret: key }],
    ['an assertion of no type', undefined, { client_assertion: 'a.b.c' }],
    ['an assertion of another type', undefined, { client_assertion: 'a.b.c', client_assertion_type: 'saml' }],
  ])('refuses %s as invalid_request (RFC 6749 §2.3)', (_, authorization, fields) => {
    expect(codeOf(authorization, fields)).toBe('invalid_request');
  });

  it('never repeats what was sent', () => {
    const all: Fields[] = [{ client_secret: key }, { client_assertion: key }, { client_secret: [key, key] }];
    for (const fields of all) {
      expect(() => parse(undefined, fields)).toThrow(expect.not.stringContaining(key) as string);
    }
  });
});
