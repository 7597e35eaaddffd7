/**
 * The locks that this process holds in the Redis of its tokens: request key -> value of the lock. The write of a token
 * releases its lock in the same step, and says so here. Locks on nodes of their own are not listed: no write reaches them.
 */
export class HeldLeases {
  readonly #values = new Map<string, string>();

  hold(key: string, value: string): void {
    this.#values.set(key, value);
  }

  /** The value to be handed to the script that writes, or nothing when the lock is not held (any more). */
  valueOf(key: string): string | undefined {
    return this.#values.get(key);
  }

  /** The lock is gone: released with a write or by its lease, or lost. Tells whether it was listed. A later one stays. */
  drop(key: string, value: string): boolean {
    return this.#values.get(key) === value && this.#values.delete(key);
  }
}
