import { onTestFinished } from 'vitest';
import type { DevAuthorizationServer } from '../../apps/dev-authorization-server/src/dev-authorization-server.js';

/** Milliseconds between two looks at the counts. */
const step = 20;

/** When the token requests for each scope set came in, until the test ends. */
export class TokenRequestTimes {
  /** Milliseconds by which a gap may seem too short: looks come late when this process is busy. */
  readonly precision = 10 * step;
  readonly #times = new Map<string, number[]>();

  private constructor(private readonly server: DevAuthorizationServer) {}

  static of(server: DevAuthorizationServer): TokenRequestTimes {
    const times = new TokenRequestTimes(server);
    const looking = setInterval(() => times.#look(), step);
    onTestFinished(() => clearInterval(looking));
    return times;
  }

  /** Resolves when so many have come in for each of these. @throws Error when that takes more than 45 s */
  async reached(scopeSets: readonly string[], count: number): Promise<void> {
    const deadline = performance.now() + 45_000;
    while (scopeSets.some((set) => (this.server.counts.byScopeSet[set] ?? 0) < count)) {
      if (performance.now() > deadline) throw new Error(`not ${count} each: ${this.#counts()}`);
      await new Promise((resolve) => setTimeout(resolve, step));
    }
    this.#look();
  }

  /** Milliseconds between any two for the same scope set. */
  get shortestGap(): number {
    const gaps = [...this.#times.values()].flatMap((times) =>
      times.slice(1).map((time, n) => time - times[n]!),
    );
    return Math.min(...gaps);
  }

  #counts(): string {
    return JSON.stringify(this.server.counts.byScopeSet);
  }

  #look(): void {
    const now = performance.now();
    for (const [set, count] of Object.entries(this.server.counts.byScopeSet)) {
      const times = this.#times.get(set) ?? [];
      while (times.length < count) times.push(now);
      this.#times.set(set, times);
    }
  }
}
