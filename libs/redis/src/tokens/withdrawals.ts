import { ClientDirectory } from '#tokens/client-directory.js';
import type { CachedToken, MemoryTokenStore } from '#tokens/memory/memory-token-store.js';
import type { Client } from '#tokens/model/client.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import type { OutcomeMessages, Withdrawal } from '../channel/outcome-messages.js';
import type { RedisParts } from '../connection/redis-parts.js';
import { SealedRequests } from '../schedule/request-record.js';
import type { RedisTokenStore } from './redis-token-store.js';
import { generationsPerMillisecond } from './token-record.js';

/** Milliseconds in which a replica that has missed the message reads of the withdrawal: longer than most tokens live. */
const memory = 48 * 3_600_000;

/** Bytes: what is longer was not sealed by a replica. */
const longestWithdrawal = 512;

export interface WithdrawalParts extends RedisParts {
  near: MemoryTokenStore;
  store: RedisTokenStore;
  messages: OutcomeMessages;
}

/** Takes all tokens of a client out of Redis and out of the memory of all replicas. */
export class Withdrawals {
  /** `onTaken` gets what another replica withdraws and this one takes out, or what only this one knows of without Redis. */
  constructor(
    private readonly parts: WithdrawalParts,
    private readonly onTaken: (taken: CachedToken[]) => void = () => {},
  ) {}

  /**
   * Returns the tokens that this replica has removed: of several replicas that do so at once, each token goes to one.
   * @throws RedisUnavailable; then other replicas may still serve them
   */
  async run(client: Client): Promise<CachedToken[]> {
    const { redis, keys, health, redisClock, near, messages } = this.parts;
    const generation = Math.floor(redisClock.now() * generationsPerMillisecond);
    const known = near.withdraw(client.identity, generation);
    const withdrawal = { client: client.identity, generation };
    const sealed = messages.sealWithdrawal(withdrawal);
    const withdrawn: CachedToken[] = [];
    try {
      await health.attempt(() => redis.set(keys.withdrawn(client.identity), sealed, 'PX', memory));
      for (const { request } of known) withdrawn.push(...(await this.#take([request])));
      const message = messages.withdrawalMessage(withdrawal);
      await health.attempt(() => redis.publish(messages.channel, message));
      for await (const request of this.#planned(client)) withdrawn.push(...(await this.#take([request])));
      return withdrawn;
    } catch (cause) {
      this.onTaken([...withdrawn, ...known]);
      throw cause;
    }
  }

  /**
   * Another replica has withdrawn tokens. It may not know of those that this one has obtained a moment ago: they are taken
   * out of Redis here. A generation of a time to come is ignored: new tokens would be dropped too.
   * @throws RedisUnavailable
   */
  async apply({ client, generation }: Withdrawal): Promise<void> {
    if (generation > this.parts.store.highestGeneration()) return;
    const dropped = this.parts.near.withdraw(client, generation);
    this.onTaken(await this.#take(dropped.map(({ request }) => request)));
  }

  /** Makes up for messages that were missed. @throws RedisUnavailable */
  async catchUp(clients: Iterable<Client>): Promise<void> {
    const { redis, keys, health, messages } = this.parts;
    for (const { identity } of clients) {
      const key = keys.withdrawn(identity);
      const sealed = await health.attempt(() => redis.getrangeBuffer(key, 0, longestWithdrawal));
      const withdrawal = messages.openWithdrawal(identity, sealed);
      if (withdrawal !== undefined) await this.apply(withdrawal);
    }
  }

  async #take(requests: Iterable<TokenRequest>): Promise<CachedToken[]> {
    const taken: CachedToken[] = [];
    for (const request of requests) {
      const token = await this.parts.store.take(request);
      if (token !== undefined) taken.push({ request, token });
    }
    return taken;
  }

  async *#planned(client: Client): AsyncGenerator<TokenRequest> {
    const own = new ClientDirectory();
    own.replace([client]);
    for await (const page of new SealedRequests(this.parts).pages(this.parts)) {
      for (const { key, record } of page) {
        const request = own.request(record.client, record.scopes, record.targets);
        if (request?.key === key) yield request;
      }
    }
  }
}
