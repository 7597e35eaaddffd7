import { Injectable } from '@nestjs/common';
import { Failure } from '#tokens/model/failures.js';
import { ClientDirectory } from '#tokens/client-directory.js';
import { Clock } from '#tokens/model/clock.js';
import { TokenRenewal } from '#tokens/token-renewal.js';
import { type CachedToken, MemoryTokenStore } from '#tokens/memory/memory-token-store.js';
import { firstBy } from '#tokens/model/limits.js';
import { type PlannedPage, type PlannedRenewal, PlannedRenewals } from '#tokens/ports/renewal-schedule.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { BrokerHealth } from '../core/broker-health.js';
import { TokenStorage } from '../core/store.module.js';
import type { TokenListQuery } from './requests.dto.js';
import type { ListedToken } from './token-rows.js';

/** How often a page looks into the schedule at most, and how far it looks ahead at once. */
const maxLooks = 100;
const lookAhead = 1_000;

/** Where a page begins: after this name among those in memory; or, after all of these, in the schedule. */
type Cursor = { memory: string } | { schedule: string };

export interface Listed {
  tokens: ListedToken[];
  next: string | undefined;
}

/**
 * All tokens that this replica knows of, in pages: first those in its memory, by client and scopes, then what only the
 * schedule knows, which the replicas share. Each page is sorted, and costs no more of the store than it has rows.
 */
@Injectable()
export class TokenList {
  constructor(
    private readonly memory: MemoryTokenStore,
    private readonly schedule: PlannedRenewals,
    private readonly clients: ClientDirectory,
    private readonly storage: TokenStorage,
    private readonly health: BrokerHealth,
    private readonly renewal: TokenRenewal,
    private readonly clock: Clock,
  ) {}

  /** @throws Failure `invalid_request` for a cursor that no page gave */
  async page({ client, limit, after: text, changedSince }: TokenListQuery): Promise<Listed> {
    const after = cursorOf(text);
    const isWanted = ({ request }: { request: TokenRequest }) => isOf(request, client);
    const cached = this.memory.snapshot();
    if (changedSince !== undefined) {
      const hasChanged = this.#changedSince(Date.parse(changedSince));
      return this.#inMemory(
        cached.filter((one) => isWanted(one) && hasChanged(one)),
        limit,
        after,
      );
    }
    const near = await this.#inMemory(cached.filter(isWanted), limit, after);
    if (near.next !== undefined) return near;
    const known = new Set(cached.map(({ request }) => request.key));
    const isOther = (one: PlannedRenewal) =>
      isWanted(one) && !known.has(one.request.key) && this.#isCurrent(one);
    const from = 'schedule' in after ? after.schedule : '';
    const { others, next } = await this.#onlyPlanned(limit - near.tokens.length, from, isOther);
    const far = await Promise.all(others.map(({ request, at }) => this.#inStore(request, at)));
    return {
      tokens: [...near.tokens, ...far].toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)),
      next: next === undefined ? undefined : cursorText({ schedule: next }),
    };
  }

  #changedSince(wallTime: number): (one: CachedToken) => boolean {
    const { clock, health, renewal } = this;
    const since = wallTime - clock.wallTime() + clock.now();
    return ({ request, token }) =>
      token.issuedAt >= since ||
      renewal.isRenewing(request) ||
      (health.lastFailure(request)?.at ?? -Infinity) >= wallTime;
  }

  /** At most so many of what only the schedule knows; `next` only where there is more of it, so that no page is empty. */
  async #onlyPlanned(
    room: number,
    from: string,
    isOther: (one: PlannedRenewal) => boolean,
  ): Promise<{ others: PlannedRenewal[]; next: string | undefined }> {
    const others: PlannedRenewal[] = [];
    let next: string | undefined = from;
    for (let look = 0; look < maxLooks && next !== undefined && others.length < room; look++) {
      const page: PlannedPage = await this.schedule.list(room - others.length, next);
      others.push(...page.planned.filter(isOther));
      next = page.next;
    }
    return { others, next: (await this.#hasMore(next, isOther)) ? next : undefined };
  }

  async #hasMore(from: string | undefined, isOther: (one: PlannedRenewal) => boolean): Promise<boolean> {
    let next = from;
    for (let look = 0; look < maxLooks && next !== undefined; look++) {
      const page: PlannedPage = await this.schedule.list(lookAhead, next);
      if (page.planned.some(isOther)) return true;
      next = page.next;
    }
    return next !== undefined;
  }

  /** One of them. */
  async one(request: TokenRequest): Promise<ListedToken> {
    const [at] = await this.schedule.plannedAt([request]);
    return this.#inStore(request, at);
  }

  async #inMemory(cached: readonly CachedToken[], limit: number, after: Cursor): Promise<Listed> {
    if (!('memory' in after)) return { tokens: [], next: undefined };
    const later = cached.filter((one) => nameOf(one) > after.memory);
    const [first, hasMore] = firstBy(later, limit, nameOf);
    const planned = await this.schedule.plannedAt(first.map(({ request }) => request));
    const tokens = first.map(({ request, token }, n) => {
      return { request, token, tier: 'memory', dueAt: planned[n] } as const;
    });
    return { tokens, next: hasMore ? cursorText({ memory: nameOf(first.at(-1)!) }) : undefined };
  }

  /** A store that is down has none; the overview says which. */
  async #inStore(request: TokenRequest, dueAt: number | undefined): Promise<ListedToken> {
    const { memory } = this;
    const { shared } = this.storage;
    const near = memory.get(request);
    if (near !== undefined) return { request, token: near, tier: 'memory', dueAt };
    const token = await shared?.get(request).catch(() => undefined);
    return token === undefined ? { request, dueAt } : { request, token, tier: shared!.tier, dueAt };
  }

  #isCurrent({ request }: { request: TokenRequest }): boolean {
    return this.clients.current(request) !== undefined;
  }
}

function isOf(request: TokenRequest, client: string | undefined): boolean {
  return client === undefined || request.client.name === client;
}

/** By client, then by scopes; unique. NUL comes before all that a name may hold, the space between scopes included. */
function nameOf({ request: { client, scopes, resources, key } }: { request: TokenRequest }): string {
  return [client.name, scopes, ...resources, key].join('\0');
}

/** The text that leads to a page. */
function cursorText(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

function cursorOf(text: string | undefined): Cursor {
  if (text === undefined) return { memory: '' };
  const { memory, schedule } = fields(Buffer.from(text, 'base64url').toString());
  if (typeof memory === 'string') return { memory };
  if (typeof schedule === 'string') return { schedule };
  throw new Failure('invalid_request', 'after must be the `next` of an earlier page');
}

function fields(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
