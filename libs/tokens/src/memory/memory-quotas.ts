import type { Client } from '../model/client.js';
import type { Clock } from '../model/clock.js';
import { QuotaLedger, type QuotaUsage } from '../model/quota.js';

/** The quotas of clients as one replica counts them. Instants are of the monotonic clock. */
export abstract class LocalQuotas {
  /** Undefined: granted, and counted. Otherwise the milliseconds until it is worth asking again. */
  abstract take(client: Client, isNew: boolean): number | undefined;
  abstract place(client: Client, earliest: number, latest: number): number;
  abstract usage(client: Client): QuotaUsage[];
}

/** Of a replica that shares with no other. */
export class MemoryQuotas extends LocalQuotas {
  /** By the account of the client. */
  readonly #ledgers = new Map<string, QuotaLedger>();

  constructor(private readonly clock: Clock) {
    super();
  }

  override take(client: Client, isNew: boolean): number | undefined {
    const taken = this.#ledger(client).take(client.options.quotas ?? {}, this.clock.now(), isNew);
    if ('wait' in taken) return taken.wait;
    this.#ledgers.set(client.account, taken.ledger);
    return undefined;
  }

  override place(client: Client, earliest: number, latest: number): number {
    const { ledger, at } = this.#ledger(client).place(client.options.quotas ?? {}, earliest, latest);
    this.#ledgers.set(client.account, ledger);
    return at;
  }

  override usage(client: Client): QuotaUsage[] {
    return this.#ledger(client).usage(client.options.quotas ?? {}, this.clock.now());
  }

  #ledger({ account }: Client): QuotaLedger {
    return this.#ledgers.get(account) ?? QuotaLedger.empty;
  }
}
