import { createHash } from 'node:crypto';

/** SHA-256 in base64url, 43 characters, over length-prefixed parts: `['ab', 'c']` and `['a', 'bc']` differ. */
export function digest(parts: Iterable<string>): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    hash.update(`${Buffer.byteLength(part)}:`).update(part);
  }
  return hash.digest('base64url');
}
