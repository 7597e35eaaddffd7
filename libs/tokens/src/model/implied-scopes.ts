import { ScopeSet } from './scope-set.js';

/** Which scopes include others: `role:application` may include `role:customer-support`, and so what that includes. */
export class ImpliedScopes {
  static readonly none = new ImpliedScopes({});

  readonly #below: ReadonlyMap<string, ScopeSet>;

  /** @throws TypeError when a scope implies itself, directly or by way of others */
  constructor(implied: Readonly<Record<string, readonly string[]>>) {
    const direct = new Map(Object.entries(implied));
    this.#below = new Map([...direct.keys()].map((scope) => [scope, ScopeSet.of(below(scope, direct))]));
  }

  /** The scopes and all that they include: what a token of them can do. */
  closure(scopes: ScopeSet): ScopeSet {
    return this.#below.size === 0 ? scopes : ScopeSet.of([...scopes, ...this.#impliedBy(scopes)]);
  }

  /** The fewest scopes with the same closure: two sets that can do the same reduce to the same set. */
  reduce(scopes: ScopeSet): ScopeSet {
    if (this.#below.size === 0) return scopes;
    const implied = new Set(this.#impliedBy(scopes));
    return ScopeSet.of([...scopes].filter((scope) => !implied.has(scope)));
  }

  #impliedBy(scopes: ScopeSet): string[] {
    return [...scopes].flatMap((scope) => [...(this.#below.get(scope) ?? [])]);
  }
}

function below(top: string, direct: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set<string>();
  const open = [top];
  for (let scope = open.pop(); scope !== undefined; scope = open.pop()) {
    for (const implied of direct.get(scope) ?? []) {
      if (implied === top) throw new TypeError(`${top} implies itself`);
      if (!found.has(implied)) open.push(implied);
      found.add(implied);
    }
  }
  return found;
}
