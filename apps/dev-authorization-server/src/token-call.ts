import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { type ClientCertificate, clientCertificate } from './client-certificate.js';
import { OAuthError } from './oauth-error.js';

/** A token request as it came in, unjudged. */
export interface TokenCall {
  contentType: string | undefined;
  authorization: string | undefined;
  parameters: URLSearchParams;
  /** Of a client that the authorities of this server vouch for. */
  certificate: ClientCertificate | undefined;
}

export function tokenCall(request: IncomingMessage, body: Buffer): TokenCall {
  const { socket, headers } = request;
  return {
    contentType: headers['content-type'],
    authorization: headers.authorization,
    parameters: new URLSearchParams(body.toString('utf8')),
    certificate: socket instanceof TLSSocket ? clientCertificate(socket) : undefined,
  };
}

/** RFC 6749 §3.2: form-encoded, and no parameter twice; RFC 8707 §2 lets `resource` repeat. */
export function checkForm(call: TokenCall): void {
  const mediaType = call.contentType?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/x-www-form-urlencoded') {
    throw new OAuthError('invalid_request', 'the content type must be application/x-www-form-urlencoded');
  }
  for (const name of new Set(call.parameters.keys())) {
    if (name !== 'resource' && call.parameters.getAll(name).length > 1) {
      throw new OAuthError('invalid_request', `the parameter ${printable(name)} is repeated`);
    }
  }
}

/** RFC 6749 §3.2: a parameter without a value counts as omitted. */
export function parameter(call: TokenCall, name: string): string | undefined {
  return call.parameters.get(name) || undefined;
}

/** An `error_description` holds %x20-21 / %x23-5B / %x5D-7E only (RFC 6749 §5.2). */
function printable(name: string): string {
  return name.replaceAll(/[^\x20\x21\x23-\x5B\x5D-\x7E]/g, '?').slice(0, 50);
}
