import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readPrivateKey } from './private-key.js';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pkcs8 = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const certificate = '-----BEGIN CERTIFICATE-----\nnot-a-real-one\n-----END CERTIFICATE-----\n';
const jwk = ec.privateKey.export({ format: 'jwk' });

describe('a private key', () => {
  it.each([
    ['PKCS #8', pkcs8],
    ['PKCS #1', rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()],
    ['SEC 1', ec.privateKey.export({ type: 'sec1', format: 'pem' }).toString()],
    ['with a certificate before it', certificate + pkcs8],
    [
      'with the attributes of OpenSSL around it',
      `Bag Attributes\n    localKeyID: 01\n${pkcs8}${certificate}`,
    ],
    ['with line breaks of Windows', pkcs8.replaceAll('\n', '\r\n')],
    ['with line breaks as in JSON', pkcs8.replaceAll('\n', String.raw`\n`)],
    ['as a JWK', JSON.stringify(jwk, undefined, 2)],
  ])('is read %s', (_title, text) => {
    expect(readPrivateKey(text)).toMatchObject({ key: { type: 'private' } });
  });

  it('has the kid of its JWK', () => {
    expect(readPrivateKey(JSON.stringify({ ...jwk, kid: 'key-1' }))).toMatchObject({ keyId: 'key-1' });
  });

  it.each([
    [
      'encrypted',
      rsa.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }),
      'encrypted',
    ],
    ['a certificate', certificate, 'this is a certificate'],
    ['a public key', rsa.publicKey.export({ type: 'spki', format: 'pem' }), 'this is a public key'],
    ['a public JWK', JSON.stringify(ec.publicKey.export({ format: 'jwk' })), 'this JWK is a public key'],
    ['without its line breaks', pkcs8.replaceAll('\n', ''), 'line breaks are missing'],
    ['base64', Buffer.from(pkcs8).toString('base64'), /JWK$/],
    ['of no known type', JSON.stringify({ kty: 'oct', k: 'AA' }), /JWK/],
  ])('is not what is %s', (_title, text, fault) => {
    expect(readPrivateKey(String(text))).toEqual({
      fault: expect.stringMatching(fault),
    });
  });
});
