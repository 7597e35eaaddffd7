import { randomBytes } from 'node:crypto';
import { Secret } from '#tokens/model/secret.js';

/** What the settings have of an API key. Instants: milliseconds since 1970. */
export interface ApiKey {
  /** `sha256:` and 64 lower-case hex digits. */
  readonly hash: string;
  /** From then on it is refused. */
  readonly expiresAt?: number | undefined;
  /** When it reaches its `maxAge`: another should replace it. */
  readonly replaceBy?: number | undefined;
}

/** A fresh API key of 256 random bits. The prefix lets scanners for leaked secrets find it. */
export function newApiKey(): { key: Secret; hash: string } {
  const key = new Secret(`tbk_${randomBytes(32).toString('base64url')}`);
  return { key, hash: apiKeyHash(key) };
}

/** What logs, metrics and pages show of it. */
export function keyFingerprint(hash: string): string {
  return hash.slice('sha256:'.length).slice(0, 12);
}

/** For operators: who sent it reads that it is unknown. */
export function expiryReason(expiresAt: number): string {
  return `the API key has expired at ${new Date(expiresAt).toISOString()}`;
}

/**
 * The form of a key in the settings: `sha256:` and 64 hex digits. A key is random, not a password, so one fast round
 * without salt is enough.
 */
export function apiKeyHash(key: Secret): string {
  return `sha256:${key.sha256}`;
}
