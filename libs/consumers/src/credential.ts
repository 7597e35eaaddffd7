import { Failure } from '#tokens/model/failures.js';
import { Secret } from '#tokens/model/secret.js';
import { expiryReason } from './api-key.js';
import type { ClientCertificate } from './client-certificate.js';
import type { KnownCredential } from './consumer-directory.js';

/** What a consumer authenticates with; not verified yet. */
export type Credential = (
  | { readonly kind: 'api_key'; readonly key: Secret }
  | { readonly kind: 'workload_jwt'; readonly jwt: Secret }
  | { readonly kind: 'certificate'; readonly certificate: ClientCertificate }
) & {
  /** The name that comes with it, which must be that of its consumer. */
  readonly name?: string | undefined;
  /** The value of the header `Authorization`, when the credential stands in it alone. */
  readonly header?: string | undefined;
};

/** RFC 6750 §2.1: credentials = "Bearer" 1*SP b64token */
const bearer = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/** RFC 7515 §7.1: three base64url parts. */
const compactJws = /^[\w-]+\.[\w-]+\.[\w-]+$/;

const nothingSent = 'neither a credential nor a client certificate was sent';

const unknown =
  'this credential belongs to no consumer in the settings of the broker; check it for white space, and that it is for this environment';

/** A JWT of a cluster has some 1,200 characters. Refusing a wrong one costs as much as it is long. */
const maxLength = 4 * 1024;

/**
 * Takes the credential from the value of an HTTP `Authorization` header (RFC 6750 §2.1).
 * @throws Failure `invalid_client` when there is none, when it is malformed or over 4 KiB, or for another scheme
 */
export function parseCredential(header?: string): Credential {
  const value = header === undefined ? undefined : bearer.exec(header)?.[1];
  if (header === undefined || value === undefined || value.length > maxLength) {
    throw new Failure(
      'invalid_client',
      'authenticate with the header Authorization: Bearer <API key or workload JWT>, of 4 KiB at most',
      { cause: new Error(header === undefined ? nothingSent : 'the credential is malformed, or over 4 KiB') },
    );
  }
  const secret = new Secret(value);
  const isJwt = value.includes('.') && compactJws.test(value);
  return isJwt ? { kind: 'workload_jwt', jwt: secret, header } : { kind: 'api_key', key: secret, header };
}

/**
 * One wording for every credential that belongs to no consumer here.
 * @param reason for the operator
 */
export function unknownCredential(reason?: string): Failure {
  return new Failure('invalid_client', unknown, reason === undefined ? {} : { cause: new Error(reason) });
}

/** For the consumer it reads like an unknown one; operators see whose it was. */
export class ExpiredKey extends Failure {
  constructor(
    readonly credential: KnownCredential,
    expiresAt: number,
  ) {
    super('invalid_client', unknown, { cause: new Error(expiryReason(expiresAt)) });
  }
}

/** Of a credential that is good. Its signer vouches for the text, not for its length. */
export function withoutRule(identity: string): string {
  return `no consumer has a rule that fits ${identity.slice(0, 300)}`;
}

/** What is no JWT is taken for an API key. */
export const noSuchKey = 'no consumer has this API key';
