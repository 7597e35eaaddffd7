import { Injectable } from '@nestjs/common';
import { ClientDirectory } from '#tokens/client-directory.js';
import { type CachedToken, MemoryTokenStore } from '#tokens/memory/memory-token-store.js';
import { firstBy } from '#tokens/model/limits.js';
import { PlannedRenewals } from '#tokens/ports/renewal-schedule.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { TokenStorage } from '../core/store.module.js';
import { type Cursor, cursorText, type TokenPage } from './token-page.js';
import type { ListedToken } from './token-rows.js';

export interface Listed {
  tokens: ListedToken[];
  next: string | undefined;
}

/**
 * All tokens that this replica knows of, in pages: first those in its memory, by client and scopes, then what only the
 * schedule knows, which the replicas share. Each page is sorted, and costs no more of the store than it has rows.
 */
@Injectable()
export class TokenListing {
  constructor(
    private readonly memory: MemoryTokenStore,
    private readonly schedule: PlannedRenewals,
    private readonly clients: ClientDirectory,
    private readonly storage: TokenStorage,
  ) {}

  async page({ client, limit, after }: TokenPage): Promise<Listed> {
    const isWanted = ({ request }: { request: TokenRequest }) => isOf(request, client);
    const cached = this.memory.snapshot();
    const near = await this.#inMemory(cached.filter(isWanted), limit, after);
    const room = limit - near.tokens.length;
    if (near.next !== undefined || room === 0)
      return { ...near, next: near.next ?? cursorText({ schedule: '' }) };

    const known = new Set(cached.map(({ request }) => request.key));
    const { planned, next } = await this.schedule.list(room, 'schedule' in after ? after.schedule : '');
    const others = planned.filter(
      (one) => isWanted(one) && !known.has(one.request.key) && this.#isCurrent(one),
    );
    const far = await Promise.all(others.map(({ request, at }) => this.#inStore(request, at)));
    return {
      tokens: [...near.tokens, ...far].toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)),
      next: next === undefined ? undefined : cursorText({ schedule: next }),
    };
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
