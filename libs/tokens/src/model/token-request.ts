import type { Client } from './client.js';
import { digest } from './secret.js';
import type { ScopeSet } from './scope-set.js';

/** Shared by all requests without resources, which are most. */
const none: readonly string[] = [];

/** What is asked of an authorization server: one client, one scope set, its resources. Made by `Client.request` only. */
export class TokenRequest {
  /** Absolute URIs (RFC 8707 §2), sorted, each once. */
  readonly resources: readonly string[];
  /** Names the cache entry, the renewal in flight and the lock. A hash: it identifies no secret. */
  readonly key: string;

  constructor(
    readonly client: Client,
    readonly scopes: ScopeSet,
    resources: Iterable<string>,
  ) {
    const unique = new Set(resources);
    this.resources = unique.size === 0 ? none : [...unique].toSorted();
    this.key = digest([client.identity, String(scopes), ...this.resources]);
  }

  /** By which operators name it: enough of the key to tell hundreds of thousands apart. */
  get id(): string {
    return this.key.slice(0, 12);
  }
}
