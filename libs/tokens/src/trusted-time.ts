import type { Clock } from './model/clock.js';
import { clockAgreement, trustedWallTime } from './model/token-life.js';

interface Witness {
  /** Milliseconds from the monotonic clock to the clock of the peer. */
  offset: number;
  /** When it was measured: instant of the monotonic clock. */
  at: number;
}

/** Milliseconds for which a measurement counts: both clocks drift. */
const longestValid = 3_600_000;

/** Peers that are remembered: two are enough to outvote an own clock. */
const mostWitnesses = 8;

/**
 * The time of day by this replica's clock, unless two others (of Redis, of authorization servers) agree against it: see
 * `trustedWallTime`. Peers are measured against the monotonic clock, so that a step of the own clock shows at once.
 */
export class TrustedTime {
  readonly #witnesses = new Map<string, Witness>();
  #isOff = false;

  /** `onOff` is called when the own clock is found to be off, with the milliseconds by which the others are ahead of it. */
  constructor(
    private readonly clock: Clock,
    private readonly onOff: (ahead: number) => void = () => {},
  ) {}

  /** The clock of this peer shows this Unix time in milliseconds now. */
  note(peer: string, wallTime: number): void {
    const now = this.clock.now();
    this.#witnesses.delete(peer);
    this.#witnesses.set(peer, { offset: wallTime - now, at: now });
    const [oldest] = this.#witnesses.keys();
    if (this.#witnesses.size > mostWitnesses) this.#witnesses.delete(oldest!);
    const own = this.clock.wallTime();
    const ahead = this.#trusted(own) - own;
    const isOff = ahead !== 0;
    if (isOff && !this.#isOff) this.onOff(ahead);
    this.#isOff = isOff;
  }

  /** Unix time in milliseconds. */
  now(): number {
    return this.#trusted(this.clock.wallTime());
  }

  /** Milliseconds by which the clock of this peer is ahead of this replica's; undefined when it was not measured lately. */
  skewOf(peer: string): number | undefined {
    const witness = this.#witnesses.get(peer);
    const monotonic = this.clock.now();
    if (witness === undefined || monotonic - witness.at >= longestValid) return undefined;
    return monotonic + witness.offset - this.clock.wallTime();
  }

  /** Whether peers show another time than this replica's clock, and none the same: it may be off. */
  get isDisputed(): boolean {
    const skews = [...this.#witnesses.keys()].flatMap((peer) => this.skewOf(peer) ?? []);
    return skews.length > 0 && skews.every((skew) => Math.abs(skew) > clockAgreement);
  }

  /** @param own Unix time in milliseconds by this replica's clock */
  #trusted(own: number): number {
    const monotonic = this.clock.now();
    const valid = [...this.#witnesses.values()].filter(({ at }) => monotonic - at < longestValid);
    return trustedWallTime(
      own,
      valid.map(({ offset }) => monotonic + offset),
    );
  }
}
