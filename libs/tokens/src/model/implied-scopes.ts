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
    return [...scopes].reduce((all, scope) => all.union(this.#impliedBy(scope)), scopes);
  }

  /** The fewest scopes with the same closure: two sets that can do the same reduce to the same set. */
  reduce(scopes: ScopeSet): ScopeSet {
    return [...scopes].reduce((left, scope) => left.minus(this.#impliedBy(scope)), scopes);
  }

  #impliedBy(scope: string): ScopeSet {
    return this.#below.get(scope) ?? ScopeSet.empty;
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
