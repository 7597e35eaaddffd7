import type { ClientCertificate } from '#consumers/client-certificate.js';
import type { Credential } from '#consumers/credential.js';
import { Failure } from '#tokens/model/failures.js';
import { Secret } from '#tokens/model/secret.js';
import { decode, type RawParameters, single } from './parameters.js';

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** RFC 7617 §2 */
const basic = /^Basic +([A-Za-z0-9+/]+=*)$/i;

/**
 * The credential of a consumer that comes as an OAuth client (RFC 6749 §2.3, RFC 7523 §2.2): its name and API key by
 * `client_secret_basic` or `client_secret_post`, its workload JWT as `client_assertion`, or the certificate of the
 * connection (`tls_client_auth`, RFC 8705 §2.1).
 * @param authorization value of the header `Authorization`
 * @throws Failure `invalid_client`; `invalid_request` for more than one way at once
 */
export function parseClientAuthentication(
  authorization: string | undefined,
  form: RawParameters,
  certificate?: ClientCertificate,
): Credential {
  const [secret, assertion] = [single(form, 'client_secret'), single(form, 'client_assertion')];
  if ([authorization, secret, assertion].filter((way) => way !== undefined).length > 1) {
    throw new Failure('invalid_request', 'authenticate in one way only (RFC 6749 §2.3)');
  }
  const name = single(form, 'client_id');
  if (authorization !== undefined) return byBasic(authorization, name);
  if (assertion !== undefined) return byAssertion(assertion, single(form, 'client_assertion_type'), name);
  if (secret === undefined && certificate !== undefined) return { kind: 'certificate', certificate, name };
  if (secret === undefined || name === undefined) throw unauthenticated();
  return { kind: 'api_key', key: new Secret(secret), name };
}

/** RFC 6749 §2.3.1: both parts are form-url-encoded before they are joined. */
function byBasic(authorization: string, clientId: string | undefined): Credential {
  const pair = Buffer.from(basic.exec(authorization)?.[1] ?? '', 'base64').toString();
  const colon = pair.indexOf(':');
  const [name, key] = [pair.slice(0, colon), pair.slice(colon + 1)].map(decodedPart);
  if (colon < 1 || !name || !key || (clientId ?? name) !== name) throw unauthenticated();
  return { kind: 'api_key', key: new Secret(key), name };
}

function byAssertion(jwt: string, type: string | undefined, name: string | undefined): Credential {
  if (type === assertionType) return { kind: 'workload_jwt', jwt: new Secret(jwt), name };
  throw new Failure('invalid_request', `client_assertion_type must be ${assertionType}`);
}

function decodedPart(part: string): string {
  try {
    return decode(part);
  } catch {
    throw unauthenticated();
  }
}

function unauthenticated(): Failure {
  return new Failure(
    'invalid_client',
    'authenticate with the name of the consumer as client_id and its API key as client_secret (client_secret_basic or client_secret_post), or with its workload JWT as client_assertion',
  );
}
