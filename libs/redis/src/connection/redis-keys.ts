/**
 * The names of all keys, and of the channel. What stands in braces is a hash tag: keys with the same one share a slot
 * of a cluster, so that one script may touch them together. Request keys and client identities are hashes already:
 * no name reveals a client, a scope or a secret.
 */
export class RedisKeys {
  /** Sorted set: request key -> instant at which it is due, in milliseconds of the Redis server's clock. */
  readonly scheduleDue: string;
  /** Hash: request key -> sealed request. */
  readonly scheduleRequests: string;
  /** Sorted set: request key -> instant of the last demand. */
  readonly scheduleDemand: string;
  /** Sorted set: name of a replica -> when it was last there. */
  readonly replicas: string;
  /** Channel of what happened to tokens. */
  readonly events: string;

  constructor(private readonly prefix: string) {
    this.scheduleDue = `${prefix}:{schedule}:due`;
    this.scheduleRequests = `${prefix}:{schedule}:requests`;
    this.scheduleDemand = `${prefix}:{schedule}:demand`;
    this.replicas = `${prefix}:replicas`;
    this.events = `${prefix}:events`;
  }

  /** String: the generation, then the sealed token. */
  token(requestKey: string): string {
    return `${this.prefix}:{${requestKey}}:token`;
  }

  lock(requestKey: string): string {
    return `${this.prefix}:{${requestKey}}:lock`;
  }

  /** String: there is, or was, a cool-down of this client, its credentials or its requests. */
  anyCooldown(clientIdentity: string): string {
    return `${this.prefix}:{${clientIdentity}}:cooldown`;
  }

  /** String: the cool-down of `client`, `credential:<version>` or `request:<request key>`. */
  cooldown(clientIdentity: string, target: string): string {
    return `${this.prefix}:{${clientIdentity}}:cooldown:${target}`;
  }

  /** String: the generation up to which the tokens of this client have been withdrawn. */
  withdrawn(clientIdentity: string): string {
    return `${this.prefix}:{${clientIdentity}}:withdrawn`;
  }

  /** String: the sealed signing keys of a client. */
  signingKeys(id: string): string {
    return `${this.prefix}:{${id}}:signing-keys`;
  }

  /** String of counters: the token requests of a client in one period; with the hash of a consumer's name after it, its share. */
  budget(clientIdentity: string, period: number): string {
    return `${this.prefix}:{${clientIdentity}}:budget:${period}`;
  }

  /** String: what became of the renewals of a token in the last day. */
  history(id: string): string {
    return `${this.prefix}:{${id}}:history`;
  }

  /** String: what a client has used of its quotas. */
  quota(account: string): string {
    return `${this.prefix}:{${account}}:quota`;
  }

  /** String: names the credential by which a client last obtained a token. */
  acceptedCredential(id: string): string {
    return `${this.prefix}:{${id}}:credential`;
  }

  /** String: the sealed digest of a secret that is derived slowly. */
  derivedDigest(name: string): string {
    return `${this.prefix}:{${name}}:derived`;
  }

  /** The type of what replicas keep under a key; undefined for what is no key of theirs. */
  typeOf(key: string): 'string' | 'zset' | 'hash' | undefined {
    if (!key.startsWith(`${this.prefix}:`) || key.startsWith(this.events)) return undefined;
    if (key === this.scheduleRequests) return 'hash';
    return [this.scheduleDue, this.scheduleDemand, this.replicas].includes(key) ? 'zset' : 'string';
  }
}
