import type { ClientDirectory } from './client-directory.js';
import type { Clock } from './model/clock.js';
import { Failure } from './model/failures.js';
import type { DueRenewal, RenewalSchedule } from './ports/renewal-schedule.js';
import type { TokenSource } from './token-broker.js';
import type { TokenEvents } from './ports/token-events.js';

export interface SweepParts {
  schedule: RenewalSchedule;
  broker: TokenSource;
  clients: ClientDirectory;
}

/** Milliseconds between two sweeps. What is due before the next is taken out now, and starts at its own instant. */
export const sweepInterval = 1_000;

/** How many renewals there are at once, waiting for their instant or in flight. */
const maxConcurrent = 250;

/** Milliseconds between two starts: overdue renewals do not come as a herd. */
const minStartInterval = sweepInterval / maxConcurrent;

/** When a renewal fails and nothing says when to try again. */
const retryAfter = 1_000;

/** Renews what is due, each at its instant. One that takes long delays no other. */
export class RenewalSweep {
  readonly #waiting = new Set<DueRenewal>();
  readonly #running = new Set<Promise<void>>();
  #taking: Promise<void> | undefined;
  /** The earliest instant at which the next may start. */
  #next = -Infinity;

  constructor(
    private readonly parts: SweepParts,
    private readonly events: TokenEvents,
    private readonly clock: Clock,
  ) {}

  /** One tick: takes out what is due until the next, and waits for none of it. Never overlaps itself. */
  sweep(): Promise<void> {
    this.#taking ??= this.#take().finally(() => (this.#taking = undefined));
    return this.#taking;
  }

  /** Resolves when no renewal of this sweep is in flight. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  /** Puts what has not begun back into the schedule, for other replicas. To be called after the last sweep. */
  async stop(): Promise<void> {
    await this.#taking;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    const { schedule } = this.parts;
    await Promise.all(waiting.map(({ request, dueAt, trigger }) => schedule.plan(request, dueAt, trigger)));
  }

  async #take(): Promise<void> {
    const room = maxConcurrent - this.#waiting.size - this.#running.size;
    for (const due of await this.parts.schedule.takeDue(room, sweepInterval)) this.#startInTime(due);
  }

  #startInTime(due: DueRenewal): void {
    this.#waiting.add(due);
    const start = () => {
      if (this.#waiting.delete(due)) this.#start(due);
    };
    const now = this.clock.now();
    const at = Math.max(due.dueAt, this.#next);
    this.#next = Math.max(at, now) + minStartInterval;
    if (at > now) this.clock.after(at - now, start);
    else start();
  }

  #start(due: DueRenewal): void {
    const running = this.#renew(due).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #renew({ request, dueAt, trigger }: DueRenewal): Promise<void> {
    const current = this.parts.clients.current(request);
    if (current === undefined) return this.parts.schedule.forget(request);
    // A timer may be early by the part of a millisecond.
    const lag = Math.max(0, this.clock.now() - dueAt);
    this.events.emit({ type: 'renewal_due', request: current, lag });
    try {
      const { token, source } = await this.parts.broker.renew(current, trigger);
      if (source === 'upstream') return;
      this.events.emit({ type: 'renewal_skipped', request: current });
      await this.parts.schedule.plan(current, token.renewAt);
    } catch (failure) {
      const wait = failure instanceof Failure ? failure.retryAfter : undefined;
      await this.parts.schedule.plan(current, this.clock.now() + (wait ?? retryAfter), trigger);
    }
  }
}
