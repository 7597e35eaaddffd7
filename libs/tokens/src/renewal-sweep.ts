import type { ClientDirectory } from './client-directory.js';
import type { Clock } from './clock.js';
import { Failure } from './failures.js';
import type { DueRenewal, RenewalSchedule } from './renewal-schedule.js';
import type { TokenSource } from './token-broker.js';
import type { TokenEvents } from './token-events.js';

export interface SweepParts {
  schedule: RenewalSchedule;
  broker: TokenSource;
  clients: ClientDirectory;
}

/** How many renewals a sweep keeps under way at once. */
const widest = 64;

/** When a renewal fails and nothing says when to try again. */
const retryAfter = 1_000;

/** Renews what is due. A renewal that takes long holds up no other. */
export class RenewalSweep {
  readonly #running = new Set<Promise<void>>();
  #taking = false;

  constructor(
    private readonly parts: SweepParts,
    private readonly events: TokenEvents,
    private readonly clock: Clock,
  ) {}

  /** One tick: starts what is due, and does not wait for it. Never overlaps itself. */
  async sweep(): Promise<void> {
    if (this.#taking) return;
    this.#taking = true;
    try {
      for (const due of await this.parts.schedule.takeDue(widest - this.#running.size)) this.#start(due);
    } finally {
      this.#taking = false;
    }
  }

  /** Resolves when no renewal of this sweep is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  #start(due: DueRenewal): void {
    const running = this.#renew(due).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #renew({ request, dueAt, trigger }: DueRenewal): Promise<void> {
    const current = this.parts.clients.current(request);
    if (current === undefined) return this.parts.schedule.forget(request);
    this.events.emit({ type: 'renewal_due', request: current, lag: this.clock.now() - dueAt });
    try {
      const { token, source } = await this.parts.broker.tokenFor(current, { trigger });
      if (source === 'upstream') return;
      this.events.emit({ type: 'renewal_needless', request: current });
      await this.parts.schedule.plan(current, token.renewAt);
    } catch (failure) {
      const wait = failure instanceof Failure ? failure.retryAfter : undefined;
      await this.parts.schedule.plan(current, this.clock.now() + (wait ?? retryAfter), trigger);
    }
  }
}
