import {
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  type JSONWebKeySet,
  type JWK,
  type JWTPayload,
  type JWTVerifyOptions,
  type JWTVerifyResult,
  jwtVerify,
  SignJWT,
} from 'jose';
import { randomUUID } from 'node:crypto';

const alg = 'ES256';

interface SigningKey {
  privateKey: CryptoKey;
  publicJwk: JWK;
}

/** Signs with the newest key. Older ones stay published, so that tokens outlive a rotation. */
export class SigningKeys {
  #keys: readonly [SigningKey, ...SigningKey[]];

  private constructor(first: SigningKey) {
    this.#keys = [first];
  }

  static async create(): Promise<SigningKeys> {
    return new SigningKeys(await newKey());
  }

  async rotate(): Promise<void> {
    this.#keys = [await newKey(), ...this.#keys];
  }

  get jwks(): JSONWebKeySet {
    return { keys: this.#keys.map((key) => key.publicJwk) };
  }

  /** A signed access token (RFC 9068). */
  sign(claims: JWTPayload): Promise<string> {
    const [{ privateKey, publicJwk }] = this.#keys;
    return new SignJWT(claims)
      .setProtectedHeader({ alg, kid: publicJwk.kid, typ: 'at+jwt' })
      .sign(privateKey);
  }

  /** @throws JOSEError */
  verify(token: string, options: JWTVerifyOptions): Promise<JWTVerifyResult> {
    return jwtVerify(token, createLocalJWKSet(this.jwks), { ...options, algorithms: [alg], typ: 'at+jwt' });
  }
}

async function newKey(): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg);
  const publicJwk = { ...(await exportJWK(publicKey)), kid: randomUUID(), use: 'sig', alg };
  return { privateKey, publicJwk };
}
