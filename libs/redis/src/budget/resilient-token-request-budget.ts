import type { Client } from '#tokens/model/client.js';
import type { Demand } from '#tokens/model/demand.js';
import type { QuotaUsage } from '#tokens/model/quota.js';
import { TokenRequestBudget } from '#tokens/ports/token-request-budget.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { withFallback, type OnFallback } from '../connection/with-fallback.js';

/** The budget of all replicas, and while Redis fails this replica's own, which knows what it has spent. Never throws. */
export class ResilientTokenRequestBudget extends TokenRequestBudget {
  constructor(
    private readonly shared: TokenRequestBudget,
    private readonly own: TokenRequestBudget,
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

  /** Of each window what is higher: while Redis fails, only this replica counts. */
  override quotas(client: Client): QuotaUsage[] {
    const own = this.own.quotas(client);
    return this.shared.quotas(client).map((one, n) => (own[n]!.used > one.used ? own[n]! : one));
  }

  async #takeShared(request: TokenRequest, demand: Demand): Promise<number | undefined> {
    const wait = await this.shared.take(request, demand);
    if (wait === undefined) await this.own.take(request, demand);
    return wait;
  }
}
