import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { jwtVerify } from 'jose';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');

/** A JWT of a platform, signed by a key that nobody trusts unless `federated` does; its claims may be changed. */
export function assertion(claims: object = {}): string {
  const payload = {
    iss: 'https://cluster.example',
    sub: 'broker',
    aud: 'partner',
    exp: 2_000_000_000,
    ...claims,
  };
  const signed = [{ alg: 'EdDSA' }, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
}

/** A platform that issues assertions about one of its workloads, as a cluster does by projected service account tokens. */
export class ClusterIssuer {
  readonly issuer = 'https://cluster.example';
  readonly subject = 'system:serviceaccount:token-broker:token-broker';
  /** The `jti` of each assertion that was accepted, in order. */
  readonly accepted: string[] = [];
  /** Of every assertion that came, whether it was accepted or not. */
  presented = 0;

  /** @param lifetime seconds from now */
  issue(audience: string, lifetime = 600): { jti: string; token: string } {
    const jti = randomUUID();
    const exp = Math.floor(Date.now() / 1000) + lifetime;
    return { jti, token: assertion({ iss: this.issuer, sub: this.subject, aud: audience, exp, jti }) };
  }

  async accept(token: string, audience: string): Promise<boolean> {
    this.presented += 1;
    const { issuer, subject } = this;
    const verified = await jwtVerify(token, publicKey, { issuer, subject, audience }).catch(() => undefined);
    if (verified === undefined) return false;
    this.accepted.push(String(verified.payload.jti));
    return true;
  }
}

/**
 * What an authorization server with workload identity federation does: it puts the client in place of an assertion that
 * it trusts. `oidc-provider` knows only assertions that clients sign themselves.
 */
export function federated(cluster: ClusterIssuer, audience: string, clientSecret: string) {
  return async (request: IncomingMessage): Promise<IncomingMessage> => {
    if (request.method !== 'POST') return request;
    const body = await text(request);
    const form = new URLSearchParams(body);
    const isBearer = form.get('client_assertion_type')?.endsWith(':jwt-bearer');
    if (isBearer) {
      const isAccepted = await cluster.accept(form.get('client_assertion') ?? '', audience);
      form.delete('client_assertion');
      form.delete('client_assertion_type');
      form.set('client_secret', isAccepted ? clientSecret : 'another-fake-secret');
    }
    const translated = Buffer.from(form.toString());
    const { method, url, httpVersion, headers } = request;
    const inner = Object.assign(new IncomingMessage(request.socket), {
      method,
      url,
      httpVersion,
      complete: true,
    });
    inner.headers = { ...headers, 'content-length': String(translated.length) };
    inner.push(translated);
    inner.push(null);
    return inner;
  };
}
