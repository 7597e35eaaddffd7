import { createPrivateKey, createPublicKey, generateKeyPair, type JsonWebKey } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, type JWK } from 'jose';
import type { SigningAlgorithm } from '#tokens/model/signing-algorithms.js';

/** When keys are made, used and forgotten, in milliseconds. */
export interface KeyRotation {
  rotateEvery: number;
  /** For so long a key is published before it is used. */
  announceFor: number;
  /** For so long a key is published after another has taken its place. */
  keepFor: number;
}

export interface ManagedKey {
  /** The thumbprint of its public key (RFC 7638). */
  keyId: string;
  algorithm: SigningAlgorithm;
  /** PEM. */
  privateKey: string;
  /** Milliseconds since 1970 from which it signs. */
  activeFrom: number;
}

const generate = promisify(generateKeyPair) as (
  type: string,
  options: object,
) => Promise<{ privateKey: string }>;

const encoding = {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
};

const curves: Partial<Record<SigningAlgorithm, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

async function generatePrivateKey(algorithm: SigningAlgorithm): Promise<string> {
  const namedCurve = curves[algorithm];
  const generated = algorithm.startsWith('Ed')
    ? generate('ed25519', encoding)
    : namedCurve === undefined
      ? generate('rsa', { modulusLength: 2048, ...encoding })
      : generate('ec', { namedCurve, ...encoding });
  return (await generated).privateKey;
}

/** The keys of one client at one instant: those that signed, the one that signs, and one that is announced. */
export class ManagedKeySet {
  readonly #jwks = new Map<ManagedKey, JWK>();

  /** The one that signs first comes first. */
  constructor(readonly keys: readonly ManagedKey[] = []) {}

  static parse(text: string): ManagedKeySet {
    return new ManagedKeySet((JSON.parse(text) as { keys: ManagedKey[] }).keys);
  }

  toString(): string {
    return JSON.stringify({ keys: this.keys });
  }

  /** From when the newest of them signs: milliseconds since 1970; 0 where there is none. */
  get newest(): number {
    return this.keys.at(-1)?.activeFrom ?? 0;
  }

  /** The key that signs. The first one does so at once, as no other is known there. */
  current(now: number): ManagedKey | undefined {
    return this.keys.findLast(({ activeFrom }) => activeFrom <= now) ?? this.keys[0];
  }

  /** Whether another key is to be announced now. */
  isRotationDue(now: number, algorithm: SigningAlgorithm, rotation: KeyRotation): boolean {
    if (this.keys.at(-1)?.algorithm !== algorithm) return true;
    return now >= (this.nextRotation(rotation) ?? 0);
  }

  /** When another key is to be announced; undefined while there is none. */
  nextRotation({ rotateEvery, announceFor }: KeyRotation): number | undefined {
    const latest = this.keys.at(-1);
    return latest && latest.activeFrom + rotateEvery - announceFor;
  }

  /** With one more key, and without those that are no longer needed. */
  async rotated(now: number, algorithm: SigningAlgorithm, rotation: KeyRotation): Promise<ManagedKeySet> {
    const privateKey = await generatePrivateKey(algorithm);
    const keyId = await calculateJwkThumbprint(publicJwk(privateKey));
    const activeFrom = this.keys.length === 0 ? now : now + rotation.announceFor;
    return new ManagedKeySet([...this.#needed(now, rotation), { keyId, algorithm, privateKey, activeFrom }]);
  }

  /** Public keys only (RFC 7517). */
  published(now: number, rotation: KeyRotation): JWK[] {
    return this.#needed(now, rotation).map((key) => this.#published(key));
  }

  /** Made once: anyone may ask for it, and to read a private key takes a tenth of a millisecond. */
  #published(key: ManagedKey): JWK {
    const { keyId, algorithm, privateKey } = key;
    const jwk = this.#jwks.get(key) ?? { ...publicJwk(privateKey), kid: keyId, alg: algorithm, use: 'sig' };
    this.#jwks.set(key, jwk);
    return jwk;
  }

  #needed(now: number, { keepFor }: KeyRotation): readonly ManagedKey[] {
    return this.keys.filter((_, index) => {
      const next = this.keys[index + 1];
      return next === undefined || now < next.activeFrom + keepFor;
    });
  }
}

function publicJwk(privateKey: string): JWK & JsonWebKey {
  return createPublicKey(createPrivateKey(privateKey)).export({ format: 'jwk' }) as JWK & JsonWebKey;
}
