import { decodeJwt } from 'jose';
import { OAuthError } from './oauth-error.js';
import { parameter, type TokenCall } from './token-call.js';

const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** How the client says who it is: not proved yet. */
export type PresentedCredential =
  | { method: 'client_secret_basic' | 'client_secret_post'; clientId: string; secret: string }
  | { method: 'private_key_jwt'; clientId: string; assertion: string }
  | { method: 'tls_client_auth'; clientId: string };

/** @throws OAuthError `invalid_request` for more than one method (RFC 6749 §2.3), `invalid_client` for none or a malformed one */
export function presentedCredential(call: TokenCall): PresentedCredential {
  const secret = parameter(call, 'client_secret');
  const asserts = ['client_assertion', 'client_assertion_type'].some((name) => parameter(call, name));
  if ([call.authorization !== undefined, secret !== undefined, asserts].filter(Boolean).length > 1) {
    throw new OAuthError('invalid_request', 'more than one method of client authentication is used');
  }
  const presented = call.authorization !== undefined ? basic(call.authorization) : undefined;
  const named = parameter(call, 'client_id');
  if (presented !== undefined) return sameClient(presented, named);
  if (asserts) return sameClient(assertion(call), named);
  if (named === undefined) throw new OAuthError('invalid_client', 'no client authentication is included');
  if (secret !== undefined) return { method: 'client_secret_post', clientId: named, secret };
  return { method: 'tls_client_auth', clientId: named };
}

/** RFC 6749 §2.3.1: id and secret are form-url-encoded before they are joined and put in base64. */
function basic(authorization: string): PresentedCredential {
  const encoded = /^basic +([a-z0-9+/]+=*)$/i.exec(authorization)?.[1];
  if (encoded === undefined) throw new OAuthError('invalid_client', 'the Authorization header is not Basic');
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon < 0) throw new OAuthError('invalid_client', 'the Basic credential has no colon');
  return {
    method: 'client_secret_basic',
    clientId: formDecoded(pair.slice(0, colon)),
    secret: formDecoded(pair.slice(colon + 1)),
  };
}

function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new OAuthError('invalid_client', 'the Basic credential is not form-url-encoded');
  }
}

function assertion(call: TokenCall): PresentedCredential {
  const value = parameter(call, 'client_assertion');
  if (value === undefined || parameter(call, 'client_assertion_type') !== jwtBearer) {
    throw new OAuthError('invalid_request', `client_assertion needs client_assertion_type=${jwtBearer}`);
  }
  return { method: 'private_key_jwt', clientId: subject(value), assertion: value };
}

function subject(jwt: string): string {
  try {
    return String(decodeJwt(jwt).sub);
  } catch {
    throw new OAuthError('invalid_client', 'the client assertion is not a JWT');
  }
}

function sameClient(presented: PresentedCredential, named: string | undefined): PresentedCredential {
  if (named === undefined || named === presented.clientId) return presented;
  throw new OAuthError('invalid_client', 'client_id names another client than the credential does');
}
