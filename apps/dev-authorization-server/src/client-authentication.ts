import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clients, RegisteredClient } from './clients.js';
import { OAuthError, parameter, type TokenRequest } from './token-request.js';

/** How a client authenticates: not verified yet. */
interface Credential {
  method: 'client_secret_basic' | 'client_secret_post';
  clientId: string;
  secret: string;
}

/** @throws OAuthError `invalid_client`, or `invalid_request` for more than one method (RFC 6749 §2.3) */
export function authenticate(request: TokenRequest, clients: Clients): RegisteredClient {
  const { method, clientId, secret } = credentialOf(request, clients);
  const client = clients.find(clientId);
  if (client === undefined) throw invalidClient('no such client is registered');
  const registered = client.authentication.method;
  if (method !== registered) throw invalidClient(`the client is registered for ${registered}, not ${method}`);
  if (!client.secrets.some((valid) => timingSafeEqual(sha256(valid), sha256(secret)))) {
    throw invalidClient('the client secret is wrong');
  }
  return client;
}

/** The client that a request claims to be from, or ''. */
export function claimedClient(request: TokenRequest, clients: Clients): string {
  try {
    return credentialOf(request, clients).clientId;
  } catch {
    return parameter(request, 'client_id') ?? '';
  }
}

function credentialOf(request: TokenRequest, clients: Clients): Credential {
  const named = parameter(request, 'client_id');
  const secret = parameter(request, 'client_secret');
  if (request.headers.authorization === undefined) {
    if (named === undefined || secret === undefined) {
      throw invalidClient('no client authentication is included');
    }
    return { method: 'client_secret_post', clientId: named, secret };
  }
  if (secret !== undefined) {
    throw new OAuthError('invalid_request', 'more than one method of client authentication is used');
  }
  const credential = basic(request.headers.authorization, clients);
  if (named === undefined || named === credential.clientId) return credential;
  throw invalidClient('client_id names another client than the credential does');
}

/** RFC 6749 §2.3.1: id and secret are form-url-encoded before they are joined and put in base64. */
function basic(authorization: string, clients: Clients): Credential {
  const encoded = /^basic +([a-z0-9+/]+=*)$/i.exec(authorization)?.[1];
  if (encoded === undefined) throw invalidClient('the Authorization header is not Basic');
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon < 0) throw invalidClient('the Basic credential has no colon');
  const [clientId, secret] = [pair.slice(0, colon), pair.slice(colon + 1)];
  const method = 'client_secret_basic';
  const authentication = clients.find(clientId)?.authentication;
  if (authentication?.method === method && authentication.decoded === false) {
    return { method, clientId, secret };
  }
  return { method, clientId: formDecoded(clientId), secret: formDecoded(secret) };
}

function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw invalidClient('the Basic credential is not form-url-encoded');
  }
}

function invalidClient(description: string): OAuthError {
  return new OAuthError('invalid_client', description);
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
