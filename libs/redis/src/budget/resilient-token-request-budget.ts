import type { Client } from '#tokens/model/client.js';
import type { Demand } from '#tokens/model/demand.js';
import type { QuotaUsage } from '#tokens/model/quota.js';
import type { MemoryTokenRequestBudget } from '#tokens/memory/memory-token-request-budget.js';
import { TokenRequestBudget } from '#tokens/ports/token-request-budget.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { withFallback, type OnFallback } from '../connection/with-fallback.js';

/**
 * The budget of all replicas. While Redis fails there is this replica's own of a minute, which knows what it has spent,
 * and its share of the quotas. Never throws.
 */
export class ResilientTokenRequestBudget extends TokenRequestBudget {
  constructor(
    private readonly shared: TokenRequestBudget,
    private readonly own: MemoryTokenRequestBudget,
    private readonly onFallback: OnFallback,
  ) {
    super();
  }

  override async take(request: TokenRequest, demand: Demand): Promise<number | undefined> {
    const alone = () => this.own.take(request, demand);
    return withFallback('take', () => this.#takeShared(request, demand), alone, this.onFallback);
  }

  /** While Redis fails, only this replica counts. */
  override used(client: Client): number {
    return Math.max(this.shared.used(client), this.own.used(client));
  }

  override async placeRenewal(client: Client, earliest: number, latest: number): Promise<number> {
    const shared = () => this.shared.placeRenewal(client, earliest, latest);
    const alone = () => this.own.placeRenewal(client, earliest, latest);
    return withFallback('place', shared, alone, this.onFallback);
  }

  override quotas(client: Client): QuotaUsage[] {
    return this.own.quotas(client);
  }

  async #takeShared(request: TokenRequest, demand: Demand): Promise<number | undefined> {
    const wait = await this.shared.take(request, demand);
    if (wait === undefined) this.own.note(request.client, demand.consumer);
    return wait;
  }
}
