import TinyQueue from 'tinyqueue';
import type { Clock } from '../model/clock.js';
import type { Trigger } from '../model/demand.js';
import {
  type IdleAfter,
  idleByPolicy,
  type PlannedPage,
  type PlannedRenewals,
  RenewalSchedule,
  type DueRenewal,
} from '../ports/renewal-schedule.js';
import { firstBy } from '../model/limits.js';
import type { TokenRequest } from '../model/token-request.js';

interface Entry {
  request: TokenRequest;
  /** Undefined while the renewal is under way. */
  dueAt: number | undefined;
  trigger: Trigger;
  lastDemand: number;
  kept: boolean;
}

interface Turn {
  key: string;
  dueAt: number;
}

const requestKey = /^[\w-]{43}$/;

/** The schedule of a process that is alone: a heap by due time. A turn whose entry has another time by now is void. */
export class MemoryRenewalSchedule extends RenewalSchedule implements PlannedRenewals {
  readonly #entries = new Map<string, Entry>();
  readonly #turns = new TinyQueue<Turn>([], (a, b) => a.dueAt - b.dueAt);

  constructor(
    private readonly clock: Clock,
    private readonly idleAfter: IdleAfter = idleByPolicy,
  ) {
    super();
  }

  override async plan(request: TokenRequest, at: number, trigger: Trigger = 'schedule'): Promise<void> {
    this.#plan(this.#entry(request), at, trigger);
  }

  override noteDemand(request: TokenRequest, renewAt: number, now = this.clock.now()): void {
    const known = this.#entries.get(request.key);
    if (known !== undefined) {
      known.lastDemand = now;
      return;
    }
    this.#plan(this.#entry(request), renewAt, 'schedule');
  }

  override async keep(requests: readonly TokenRequest[]): Promise<void> {
    const keptBefore = new Set([...this.#entries.values()].filter(({ kept }) => kept));
    for (const entry of keptBefore) entry.kept = false;
    for (const request of requests) {
      const entry = this.#entry(request);
      entry.kept = true;
      // An earlier plan may be for a token that a change of the credential has dropped since.
      if (!keptBefore.has(entry)) this.#plan(entry, this.clock.now(), 'preload');
    }
  }

  override async takeDue(limit: number, ahead: number): Promise<DueRenewal[]> {
    const now = this.clock.now();
    const due: DueRenewal[] = [];
    const until = now + ahead;
    for (
      let turn = this.#turns.peek();
      turn !== undefined && turn.dueAt <= until;
      turn = this.#turns.peek()
    ) {
      if (due.length === limit) break;
      this.#turns.pop();
      const entry = this.#entries.get(turn.key);
      if (entry === undefined || entry.dueAt !== turn.dueAt) continue;
      if (this.#idle(entry, now)) this.#entries.delete(turn.key);
      else due.push({ request: entry.request, dueAt: turn.dueAt, trigger: entry.trigger });
      entry.dueAt = undefined;
    }
    return due;
  }

  override async forget(request: TokenRequest): Promise<void> {
    this.#entries.delete(request.key);
  }

  async plannedAt(requests: readonly TokenRequest[]): Promise<(number | undefined)[]> {
    return requests.map(({ key }) => this.#entries.get(key)?.dueAt);
  }

  async list(limit: number, place = ''): Promise<PlannedPage> {
    const after = requestKey.test(place) ? place : '';
    const later = [...this.#entries.keys()].filter((key) => key > after);
    const [keys, hasMore] = firstBy(later, limit, (key) => key);
    const planned = keys
      .map((key) => this.#entries.get(key)!)
      .map(({ request, dueAt }) => ({ request, at: dueAt }));
    return { planned, next: hasMore ? keys.at(-1) : undefined };
  }

  isPlanned({ key }: TokenRequest): boolean {
    return this.#entries.has(key);
  }

  lateness(): number {
    for (let turn = this.#turns.peek(); turn !== undefined; turn = this.#turns.peek()) {
      if (this.#entries.get(turn.key)?.dueAt === turn.dueAt)
        return Math.max(0, this.clock.now() - turn.dueAt);
      this.#turns.pop();
    }
    return 0;
  }

  #entry(request: TokenRequest): Entry {
    const known = this.#entries.get(request.key);
    if (known !== undefined) return known;
    const lastDemand = this.clock.now();
    const entry: Entry = { request, dueAt: undefined, trigger: 'schedule', lastDemand, kept: false };
    this.#entries.set(request.key, entry);
    return entry;
  }

  #plan(entry: Entry, at: number, trigger: Trigger): void {
    entry.dueAt = at;
    entry.trigger = trigger;
    this.#turns.push({ key: entry.request.key, dueAt: at });
  }

  #idle({ kept, lastDemand, request }: Entry, now: number): boolean {
    return !kept && now - lastDemand > this.idleAfter(request);
  }
}
