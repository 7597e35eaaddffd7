import type { Logger } from 'pino';
import type { CachedToken } from '#tokens/memory/memory-token-store.js';
import type { RenewalSchedule } from '#tokens/ports/renewal-schedule.js';
import type { Clock } from '#tokens/model/clock.js';
import { ConnectedClient } from './connected-client.js';
import type { TokenStorage } from './store.module.js';

export interface WithdrawalResult {
  dropped: number;
  revoked: number;
  /** How many the authorization server did not revoke. */
  failed: number;
  /** Whether the authorization server revokes tokens at all (RFC 7009). */
  isRevocable: boolean;
}

/** Revocations at once: the authorization server serves others too. */
const concurrency = 8;

/** Drops all tokens of a client, and revokes them where its authorization server can. */
export class TokenWithdrawal {
  constructor(
    private readonly storage: Pick<TokenStorage, 'withdraw' | 'onTaken'>,
    private readonly schedule: RenewalSchedule,
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {
    storage.onTaken = (taken) => {
      for (const [client, tokens] of Map.groupBy(taken, ({ request }) => request.client)) {
        if (client instanceof ConnectedClient) void this.#revoke(client, tokens);
      }
    };
  }

  /** For a client that stays in use: what was renewed before is requested anew at once. @throws RedisUnavailable */
  async purge(client: ConnectedClient): Promise<WithdrawalResult> {
    const withdrawn = await this.storage.withdraw(client);
    const now = this.clock.now();
    await Promise.all(withdrawn.map(({ request }) => this.schedule.plan(request, now)));
    return this.#revoke(client, withdrawn);
  }

  /** For a client that has left the settings. Never throws. */
  async remove(client: ConnectedClient): Promise<void> {
    try {
      const result = await this.#revoke(client, await this.storage.withdraw(client));
      this.log.info(
        { audit: 'revoked', client: client.name, ...result },
        'tokens of a removed client revoked',
      );
    } catch (err) {
      const message =
        'of the tokens of a removed client, only those in the memory of the replicas are revoked';
      this.log.error({ err, client: client.name }, message);
    }
  }

  async #revoke(client: ConnectedClient, withdrawn: readonly CachedToken[]): Promise<WithdrawalResult> {
    const result = { dropped: withdrawn.length, revoked: 0, failed: 0, isRevocable: true };
    const left = [...withdrawn];
    const work = async () => {
      for (let next = left.pop(); next !== undefined && result.isRevocable; next = left.pop()) {
        try {
          if (await client.server.revokeToken(next.token.accessToken)) result.revoked++;
          else result.isRevocable = false;
        } catch (err) {
          result.failed++;
          this.log.warn(
            { err, client: client.name, scopes: String(next.request.scopes) },
            'token not revoked',
          );
        }
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    return result;
  }
}
