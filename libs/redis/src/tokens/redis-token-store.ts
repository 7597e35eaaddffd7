import type { Clock } from '#tokens/model/clock.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import type { Lease } from '#tokens/ports/renewal-lock.js';
import { TokenStore } from '#tokens/ports/token-store.js';
import type { Token } from '#tokens/model/token.js';
import { RedisLease } from '../lock/redis-lease.js';
import { LuaScript } from '../connection/lua-script.js';
import type { OutcomeMessages, TokenUpdate } from '../channel/outcome-messages.js';
import type { RedisClock } from '../connection/redis-clock.js';
import type { RedisClient } from '../connection/redis-connections.js';
import type { CircuitBreaker } from '../connection/circuit-breaker.js';
import type { RedisKeys } from '../connection/redis-keys.js';
import { entryOf, generationOf, type SealedTokens } from './token-record.js';
import { WriteRetryQueue } from './write-retry-queue.js';

const putToken = new LuaScript(new URL('./put-token.lua', import.meta.url));
const dropEntry = new LuaScript(new URL('./drop-entry.lua', import.meta.url));

/** What PTTL says of a key that never expires: so none of ours. */
const forever = -1;

export interface RedisTokenStoreParts {
  redis: RedisClient;
  health: CircuitBreaker;
  keys: RedisKeys;
  redisClock: RedisClock;
  tokens: SealedTokens;
  messages: OutcomeMessages;
}

/**
 * Tokens in Redis, for all replicas, sealed. Whoever puts one that is not older than the one kept tells all replicas.
 * All methods throw RedisUnavailable or RedisMisuse.
 */
export class RedisTokenStore extends TokenStore {
  readonly tier = 'redis';
  readonly #unwritten = new WriteRetryQueue((request, token) => this.putBack(request, token));

  /** `onUnreadable` is told of each entry that was dropped because it does not open. */
  constructor(
    private readonly parts: RedisTokenStoreParts,
    private readonly clock: Clock,
    private readonly onUnreadable: (request: TokenRequest) => void = () => {},
  ) {
    super();
  }

  /** While Redis keeps the generation of the known copy, that is as good, and its own times are exact: one command. */
  override async get(request: TokenRequest, known?: Token): Promise<Token | undefined> {
    if (known === undefined) return this.read(request);
    const start = await this.#start(request);
    if (start === '') return undefined;
    return generationOf(start) === known.generation ? known : this.read(request);
  }

  /**
   * Releases the lock of the lease in the same step, where it is held beside the tokens. What fails is tried again in
   * the background, until the token is there or has expired.
   */
  override async put(request: TokenRequest, token: Token, lease?: Lease): Promise<void> {
    const held = lease instanceof RedisLease ? lease : undefined;
    const lockValue = held?.lockValue;
    try {
      await this.#put(request, token, lockValue);
    } catch (failure) {
      this.#unwritten.add(request, token);
      throw failure;
    }
    if (lockValue !== undefined) held?.releasedByWrite();
  }

  /** As `put` without a lease: only when it is newer than what Redis keeps. */
  putBack(request: TokenRequest, token: Token): Promise<void> {
    return this.#put(request, token);
  }

  /** The generation of the token that Redis keeps. */
  async generation(request: TokenRequest): Promise<number | undefined> {
    return generationOf(await this.#start(request));
  }

  /** The token that Redis keeps, whatever copies this replica has. One that does not open is dropped. */
  async read(request: TokenRequest): Promise<Token | undefined> {
    const { redis, health, keys, tokens } = this.parts;
    const key = keys.token(request.key);
    const askedAt = this.clock.now();
    // The life first: should the token be replaced in between, the new one seems to end too early, never too late.
    const [life, entry] = await health.attempt(() => Promise.all([redis.pttl(key), redis.getBuffer(key)]));
    if (entry === null || (life <= 0 && life !== forever)) return undefined;
    const token = life === forever ? undefined : tokens.open(entry, key, askedAt + life, request.scopes);
    if (token === undefined) {
      this.onUnreadable(request);
      await health.attempt(() => dropEntry.run(redis, [key], [entry]));
    }
    return token;
  }

  /**
   * The token that another replica has told of, or undefined when it did not come along or does not open. It may have
   * been on its way for long, and the server's clock may have been set: of the two ends of its life the earlier counts.
   */
  open({ key, scopes }: TokenRequest, { generation, copy }: TokenUpdate): Token | undefined {
    if (copy === undefined) return undefined;
    const { keys, tokens, redisClock } = this.parts;
    const expiresAt = Math.min(this.clock.now() + copy.life, redisClock.toLocal(copy.until));
    return tokens.open(entryOf(generation, copy.record), keys.token(key), expiresAt, scopes);
  }

  #start(request: TokenRequest): Promise<string> {
    const { redis, health, keys } = this.parts;
    return health.attempt(() => redis.getrange(keys.token(request.key), 0, 15));
  }

  async #put(request: TokenRequest, token: Token, held = ''): Promise<void> {
    const { redis, health, keys, redisClock, tokens, messages } = this.parts;
    const [key, lock] = [keys.token(request.key), keys.lock(request.key)];
    const life = Math.floor(token.remaining(this.clock.now()));
    if (life < 1) return;
    const { generation, record } = tokens.seal(token, key, request.scopes);
    const copy = { record, life, until: redisClock.fromLocal(token.expiresAt) };
    const message = messages.tokenMessage({ key: request.key, generation: token.generation, copy });
    const args = [generation, record, life, held, messages.channel, message];
    await health.attempt(() => putToken.run(redis, [key, lock], args));
  }
}
