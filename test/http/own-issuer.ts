import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SystemClock } from '#tokens/model/clock.js';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

export const audience = 'token-broker';

/** An issuer of workload JWTs, and the endpoint where its keys are. */
export class OwnIssuer {
  private constructor(
    private readonly server: Server,
    private readonly privateKey: CryptoKey,
  ) {}

  static async start(): Promise<OwnIssuer> {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'key-1', alg: 'ES256' }] });
    const server = createServer((_request, response) => {
      response.setHeader('content-type', 'application/json').end(jwks);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new OwnIssuer(server, privateKey);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Its entry in `workloadIssuers`. */
  get settings(): object {
    return { issuer: this.url, audience, jwksUri: `${this.url}/keys` };
  }

  /** A JWT of five minutes for the subject, but for the claims given. */
  jwt(subject: string, claims: JWTPayload = {}): Promise<string> {
    const now = Math.floor(new SystemClock().wallTime() / 1000);
    const all = { iss: this.url, aud: audience, sub: subject, iat: now, exp: now + 300, ...claims };
    return new SignJWT(all).setProtectedHeader({ alg: 'ES256', kid: 'key-1' }).sign(this.privateKey);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }
}
