/** Milliseconds for which a turn is kept for the one whose it is: `Retry-After` counts whole seconds, and the way takes a moment. */
export const turnKeptFor = 2_000;

/** Those that tried longer ago count as not having tried. */
const longest = 16;

const nameLength = 8;

/**
 * Whose turn the next attempt after a cool-down is, by request keys. Without turns a scope set that fails for a reason of
 * its own, and is requested each second, would take every attempt. The one that waits and tried the longest ago comes first.
 */
export class Turns {
  static readonly none = new Turns([], undefined);

  /** @param tried oldest first  @param next the one of those that wait whose turn it is */
  constructor(
    readonly tried: readonly string[],
    readonly next: string | undefined,
  ) {}

  /** Reads what `String` has made of one; anything else is none. */
  static parse(text: unknown): Turns {
    if (typeof text !== 'string' || text.length > (longest + 1) * (nameLength + 1)) return Turns.none;
    const [next = '', ...tried] = text.split(' ');
    return new Turns(tried, next === '' ? undefined : next);
  }

  toString(): string {
    return [this.next ?? '', ...this.tried].join(' ');
  }

  /** Whether the request with this key need not let another one go first. */
  isOf(key: string): boolean {
    return this.next === undefined || this.#rank(nameOf(key)) <= this.#rank(this.next);
  }

  /** Now that this one waits too. */
  withWaiting(key: string): Turns {
    const name = nameOf(key);
    // The last to have tried waits for no other.
    const before = this.next === undefined ? this.tried.length - 1 : this.#rank(this.next);
    return this.#rank(name) < before ? new Turns(this.tried, name) : this;
  }

  /** Now that this one has tried, and failed. Those that still wait are noted when they ask again. */
  withTried(key: string): Turns {
    const name = nameOf(key);
    const others = this.tried.filter((one) => one !== name);
    return new Turns([...others, name].slice(-longest), undefined);
  }

  #rank(name: string): number {
    return this.tried.indexOf(name);
  }
}

function nameOf(key: string): string {
  return key.slice(0, nameLength);
}
