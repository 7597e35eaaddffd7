import { Failure } from './failures.js';

/** RFC 6749 §3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ) */
export const scopeToken = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/** A set of scopes. Order and duplicates mean nothing, case does; two equal sets print alike. */
export class ScopeSet implements Iterable<string> {
  static readonly empty = new ScopeSet([]);

  readonly #text: string;
  /** Made when it is first needed: it takes five times the text, and a hundred thousand requests do not need it. */
  #scopes: ReadonlySet<string> | undefined;

  private constructor(sorted: readonly string[]) {
    this.#text = sorted.join(' ');
  }

  /** @throws Failure `invalid_scope` when one of them is not a scope token (RFC 6749 §3.3). */
  static of(scopes: Iterable<string>): ScopeSet {
    const unique = [...new Set(scopes)];
    if (!unique.every((scope) => scopeToken.test(scope))) {
      throw new Failure(
        'invalid_scope',
        'a scope may hold visible ASCII characters other than double quotes and backslashes only; separate scopes by one space',
      );
    }
    return unique.length === 0 ? ScopeSet.empty : new ScopeSet(unique.toSorted());
  }

  /**
   * Scopes separated by spaces, as in the parameter `scope`.
   * @throws Failure `invalid_scope`
   */
  static parse(text: string): ScopeSet {
    return ScopeSet.of(text.split(' ').filter((scope) => scope !== ''));
  }

  get size(): number {
    return this.#list.length;
  }

  has(scope: string): boolean {
    return (this.#scopes ??= new Set(this.#list)).has(scope);
  }

  union(other: ScopeSet): ScopeSet {
    return ScopeSet.of([...this, ...other]);
  }

  minus(other: ScopeSet): ScopeSet {
    return ScopeSet.of([...this].filter((scope) => !other.has(scope)));
  }

  equals(other: ScopeSet): boolean {
    return this.#text === other.#text;
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#list.values();
  }

  /** Sorted and separated by one space: the form of RFC 6749 §3.3. */
  toString(): string {
    return this.#text;
  }

  toJSON(): string {
    return this.#text;
  }

  get #list(): string[] {
    return this.#text === '' ? [] : this.#text.split(' ');
  }
}
