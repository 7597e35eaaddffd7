import { isCanonicalDetail } from './authorization-details.js';
import type { Client } from './client.js';
import { digest } from './secret.js';
import type { ScopeSet } from './scope-set.js';

/** Shared by all requests without targets, which are most. */
const none: readonly string[] = [];

/** What is asked of an authorization server: one client, one scope set, its targets. Made by `Client.request` only. */
export class TokenRequest {
  /** Resources, and authorization details as `parseAuthorizationDetails` returns them: sorted, each once. */
  readonly targets: readonly string[];
  /** Names the cache entry, the renewal in flight and the lock. A hash: it identifies no secret. */
  readonly key: string;

  constructor(
    readonly client: Client,
    readonly scopes: ScopeSet,
    targets: Iterable<string>,
  ) {
    const unique = new Set(targets);
    this.targets = unique.size === 0 ? none : [...unique].toSorted();
    this.key = digest([client.identity, String(scopes), ...this.targets]);
  }

  /** Absolute URIs (RFC 8707 §2). */
  get resources(): readonly string[] {
    return this.targets.filter((target) => !isCanonicalDetail(target));
  }

  /** JSON objects (RFC 9396 §2). */
  get authorizationDetails(): readonly string[] {
    return this.targets.filter(isCanonicalDetail);
  }

  /** By which operators name it: enough of the key to distinguish hundreds of thousands. */
  get id(): string {
    return this.key.slice(0, 12);
  }
}
