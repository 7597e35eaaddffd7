import { readFile, stat } from 'node:fs/promises';
import { decodeJwt } from 'jose';
import type { Client } from '#tokens/model/client.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { digest } from '#tokens/model/secret.js';
import type { ClientAssertion } from './client-credential.js';

/** Whom an assertion is about, and for whom it is: what the platform keeps when it replaces the assertion. */
export interface AssertionClaims {
  /** Optional in a JWT-SVID. */
  iss: string;
  sub: string;
  /** Sorted. */
  aud: readonly string[];
}

/** Bytes. A service account token has about a thousand. */
const maxSize = 64 * 1024;

/** Milliseconds until the file is looked at again after a failure. */
const retryAfter = 1_000;

/** The compact serialization of a JWS (RFC 7515 §7.1): nothing else is sent as one, such as a JWT in quotes. */
const compactJws = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** @returns undefined when it is no JWT with a subject */
export function assertionClaims(assertion: string): (AssertionClaims & { exp: number }) | undefined {
  if (!compactJws.test(assertion)) return undefined;
  try {
    const { iss = '', sub, aud = [], exp = Infinity } = decodeJwt(assertion);
    if (typeof sub !== 'string' || sub === '') return undefined;
    return { iss, sub, aud: [aud].flat().toSorted(), exp };
  } catch {
    return undefined;
  }
}

/** The same for each assertion about the same subject, for the same audience, by the same issuer. */
export function assertionIdentity({ iss, sub, aud }: AssertionClaims): string {
  return digest([iss, sub, ...aud]);
}

/**
 * The assertion that the file holds now. One that cannot be used is not sent: repeated wrong log-ins lock accounts.
 * @param now milliseconds since 1970
 * @throws UpstreamFailure `credential_unavailable`
 */
export async function currentAssertion(
  { file, claims: expected }: ClientAssertion,
  client: Client,
  now: number,
): Promise<string> {
  const unavailable = (fault: string) =>
    new UpstreamFailure(
      'credential_unavailable',
      `No token request was sent for client ${client.name}: the file of its clientAssertion ${fault}. ` +
        'Check the program or volume that writes this file; the broker reads it again for the next token request.',
      { retryAfter },
    );
  const text = await readText(file).catch((error: NodeJS.ErrnoException) => error);
  if (text instanceof Error) throw unavailable(`cannot be read (${text.code ?? text.message})`);
  const claims = assertionClaims(text);
  if (claims === undefined) throw unavailable('holds no JWT with a subject');
  if (claims.exp * 1000 <= now) {
    throw unavailable(`holds a JWT that expired at ${new Date(claims.exp * 1000).toISOString()}`);
  }
  // The settings are loaded again within a second: then the tokens of the one identity are not those of the other.
  if (assertionIdentity(claims) !== assertionIdentity(expected)) {
    throw unavailable(`is for ${named(claims)} now, and was for ${named(expected)} before`);
  }
  return text;
}

function named({ iss, sub, aud }: AssertionClaims): string {
  return `subject ${sub} of issuer ${iss || '(none)'} with audience ${aud.join(' ') || '(none)'}`;
}

async function readText(file: string): Promise<string> {
  const found = await stat(file);
  // Reading a pipe or a device may never end.
  if (!found.isFile()) throw new Error('it is no regular file');
  if (found.size > maxSize) throw new Error('it is larger than 64 KiB');
  return (await readFile(file, 'utf8')).trim();
}
