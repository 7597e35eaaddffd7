import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import type { Secret } from '#tokens/model/secret.js';

export interface EncryptionKey {
  /** Identifies a key of a ring; stands in clear in what is sealed. 1 to 255 bytes. */
  id: string;
  /** 32 bytes in base64. */
  key: Secret;
}

interface OpenedKey {
  key: KeyObject;
  /** Of names: a key for each purpose (NIST SP 800-108). */
  naming: KeyObject;
  /** What everything sealed with it starts with. */
  header: Buffer;
}

/** The first byte of the format; then come the length of the key id, the key id, the nonce, the ciphertext, the tag. */
const version = 1;
const nonceLength = 12;
const tagLength = 16;

/**
 * Seals what is kept where others can read and write (AES-256-GCM). Keys rotate by adding one in front: the first
 * seals, all open. With random nonces of 96 bits a key is good for 2^32 seals (NIST SP 800-38D §8.3).
 */
export class KeyRing {
  #keys!: ReadonlyMap<string, OpenedKey>;
  #first!: OpenedKey;

  /** @throws RangeError as `replace` */
  constructor(keys: readonly EncryptionKey[]) {
    this.replace(keys);
  }

  /**
   * Takes these keys instead of those before.
   * @throws RangeError when there is none, two have the same id, or an id or a key has the wrong length
   */
  replace(keys: readonly EncryptionKey[]): void {
    const opened = new Map(keys.map((key) => [key.id, openKey(key)]));
    if (opened.size !== keys.length) throw new RangeError('encryption keys: each needs an id of its own');
    const [first] = opened.values();
    if (first === undefined) throw new RangeError('encryption keys: at least one is needed');
    this.#keys = opened;
    this.#first = first;
  }

  /**
   * `associated` is not kept, but is needed again to open: it names the place, so that nothing can be moved. `instant`, Unix
   * time in milliseconds, is kept in whole seconds as the first field of the nonce (NIST SP 800-38D, 8.2.2: a fixed field
   * beside the random one). It is authenticated with it, takes no room, and a replica of version 0.1.0 takes any nonce.
   */
  seal(plain: Buffer | string, associated: string, instant?: number): Buffer {
    const { key, header } = this.#first;
    const nonce = randomBytes(nonceLength);
    if (instant !== undefined) nonce.writeUInt32BE(Math.ceil(instant / 1_000) >>> 0);
    const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength });
    cipher.setAAD(Buffer.concat([header, Buffer.from(associated)]));
    const text = cipher.update(typeof plain === 'string' ? Buffer.from(plain) : plain);
    return Buffer.concat([header, nonce, text, cipher.final(), cipher.getAuthTag()]);
  }

  /** The instant with which it was sealed, in milliseconds. Of what was sealed without one it is anything. */
  static instantOf(sealed: Buffer): number | undefined {
    const start = 2 + (sealed[1] ?? 0);
    return start + nonceLength > sealed.length ? undefined : sealed.readUInt32BE(start) * 1_000;
  }

  /** Names for a secret text that say nothing of it to who lacks the keys: one by each of them, that of the first in front. */
  namesOf(text: string): string[] {
    return [...this.#keys.values()].map(({ naming }) =>
      createHmac('sha256', naming).update(text).digest('base64url'),
    );
  }

  /** Whether the key that seals has sealed it. */
  isFirst(sealed: Buffer): boolean {
    const { header } = this.#first;
    return sealed.subarray(0, header.length).equals(header);
  }

  /** Undefined for what no key of the ring has sealed for this place, and for what was tampered with; never throws. */
  open(sealed: Buffer, associated: string): Buffer | undefined {
    const start = 2 + (sealed[1] ?? 0);
    const end = sealed.length - tagLength;
    const key = this.#keys.get(sealed.toString('utf8', 2, start))?.key;
    if (sealed[0] !== version || key === undefined || start + nonceLength > end) return undefined;
    const nonce = sealed.subarray(start, start + nonceLength);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength });
    decipher.setAAD(Buffer.concat([sealed.subarray(0, start), Buffer.from(associated)]));
    decipher.setAuthTag(sealed.subarray(end));
    const text = decipher.update(sealed.subarray(start + nonceLength, end));
    try {
      return Buffer.concat([text, decipher.final()]);
    } catch {
      return undefined;
    }
  }
}

function openKey({ id, key }: EncryptionKey): OpenedKey {
  const name = Buffer.from(id);
  if (name.length === 0 || name.length > 255) {
    throw new RangeError(`encryption key ${id}: the id must be 1 to 255 bytes long`);
  }
  const bytes = Buffer.from(key.reveal(), 'base64');
  if (bytes.length !== 32) throw new RangeError(`encryption key ${id}: must be 32 bytes in base64`);
  const naming = Buffer.from(hkdfSync('sha256', bytes, '', 'names of secrets', 32));
  const header = Buffer.concat([Buffer.from([version, name.length]), name]);
  return { key: createSecretKey(bytes), naming: createSecretKey(naming), header };
}
