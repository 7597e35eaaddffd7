import type { Secret } from '#tokens/model/secret.js';

/** Of `url`, `sentinel` and `cluster` exactly one is set. */
export interface RedisSettings {
  /** `redis://` or `rediss://`, with user and password percent-encoded. */
  readonly url?: Secret | undefined;
  readonly sentinel?: SentinelSettings | undefined;
  readonly cluster?: readonly RedisNode[] | undefined;
  /** For the servers behind `sentinel` or `cluster`; never without a password. */
  readonly username?: string | undefined;
  readonly password?: Secret | undefined;
  /** For `sentinel` and `cluster`; of a URL the scheme tells. */
  readonly tls: boolean;
  /** PEM: the authorities to trust, for whatever speaks TLS here, instead of those of Node.js. */
  readonly ca?: string | undefined;
  /** URLs of an odd number of distinct servers, 3 or more. Omitted: the lock is where the tokens are. */
  readonly lockNodes?: readonly Secret[] | undefined;
  readonly keyPrefix: string;
  /** One or more; the first seals, all open. */
  readonly encryptionKeys: readonly EncryptionKeySettings[];
}

export interface SentinelSettings {
  readonly name: string;
  readonly nodes: readonly RedisNode[];
  /** Of the Sentinels themselves. */
  readonly password?: Secret | undefined;
}

export interface RedisNode {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

export interface EncryptionKeySettings {
  readonly id: string;
  /** 32 bytes in base64. */
  readonly key: Secret;
}
