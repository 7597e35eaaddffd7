import { jwtExpiry } from '#tokens/model/unverified-jwt.js';
import { remainingLife } from '#tokens/model/token-life.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import type { Lease } from '#tokens/ports/renewal-lock.js';
import { TokenStore } from '#tokens/ports/token-store.js';
import type { Token } from '#tokens/model/token.js';
import { RedisLease } from '../lock/lease.js';
import { LuaScript } from '../connection/lua-script.js';
import type { OutcomeMessages, TokenUpdate } from '../channel/outcome-messages.js';
import { clockTolerance } from '../connection/redis-clock.js';
import type { RedisParts } from '../connection/redis-parts.js';
import { readEntries } from '../connection/entries.js';
import { RedisUnavailable } from '../connection/redis-failure.js';
import {
  type EndOfLife,
  entryOf,
  generationOf,
  generationsPerMillisecond,
  hexGeneration,
  SealedTokens,
} from './token-record.js';
import { WriteRetryQueue } from './write-retry-queue.js';

const putToken = new LuaScript(new URL('./put-token.lua', import.meta.url));
const dropEntry = new LuaScript(new URL('./drop-entry.lua', import.meta.url));

/** Milliseconds: a token lives for a day at most. What 0.1.0 has sealed names no instant near now, except for one in 25,000. */
const longestAge = 25 * 3_600_000;

/**
 * A generation below this is a count, of a lock that has no clock; all others are instants of the clock of Redis (see
 * `RedisRenewalLock`).
 */
const firstInstant = Date.UTC(2001);

/**
 * Tokens in Redis, for all replicas, sealed. Each new one is published to all of them. What is sealed bounds what is
 * believed: a writer to Redis can make no token live longer. All methods throw RedisUnavailable or RedisMisuse.
 */
export class RedisTokenStore extends TokenStore {
  readonly tier = 'redis';
  readonly #unwritten = new WriteRetryQueue((request, token) => this.putBack(request, token));
  readonly #tokens: SealedTokens;

  /** `onUnreadable` is called for each entry that was removed because it does not open, or because its token is dead. */
  constructor(
    private readonly parts: RedisParts & { messages: OutcomeMessages },
    private readonly onUnreadable: (request: TokenRequest) => void = () => {},
    /** Called with each request for which a new token was kept. */
    private readonly onNewToken: (request: TokenRequest) => void = () => {},
  ) {
    super();
    this.#tokens = new SealedTokens(parts.ring);
  }

  /**
   * While Redis keeps the generation of the known copy, that is as good, and its own times are exact: one small command.
   * An older one in Redis was put back by someone else than a replica: it is replaced.
   */
  override async get(request: TokenRequest, known?: Token): Promise<Token | undefined> {
    if (known === undefined) return this.read(request);
    const start = await this.#start(request);
    if (start === '') return undefined;
    const kept = generationOf(start);
    if (kept === undefined || kept > known.generation) return this.read(request);
    if (kept < known.generation) await this.putBack(request, known);
    return known;
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
    if (lockValue !== undefined) held?.markReleased();
    this.onNewToken(request);
  }

  /** As `put` without a lease: only when it is newer than what Redis keeps. */
  putBack(request: TokenRequest, token: Token): Promise<void> {
    return this.#put(request, token);
  }

  /** The generation of the token that Redis keeps. */
  async generation(request: TokenRequest): Promise<number | undefined> {
    return generationOf(await this.#start(request));
  }

  /** The token that Redis keeps, whatever copies this replica has. One that does not open, or is dead, is removed. */
  async read(request: TokenRequest): Promise<Token | undefined> {
    const { redis, health, keys, clock, redisClock, onRepair } = this.parts;
    const key = keys.token(request.key);
    const askedAt = clock.now();
    const [entry] = await health.attempt(() => readEntries(redis, [key], onRepair));
    if (entry === undefined) return undefined;
    const token = this.#tokens.open(entry.value, key, request.scopes, this.#endOfLife(askedAt + entry.life));
    if (token !== undefined && token.remaining(clock.now()) > 0) return token;
    // A replica whose own clock is off perhaps must not take a token away from the others.
    if (token !== undefined && redisClock.wall.isDisputed) return undefined;
    this.onUnreadable(request);
    await health.attempt(() => dropEntry.run(redis, [key], [entry.value]));
    return undefined;
  }

  /** Removes the token and returns it. Of several replicas that do so at once, one gets it. */
  async take(request: TokenRequest): Promise<Token | undefined> {
    const { redis, health, keys, onRepair } = this.parts;
    const key = keys.token(request.key);
    const [entry] = await health.attempt(() => readEntries(redis, [key], onRepair));
    if (entry === undefined) return undefined;
    const dropped = await health.attempt(() => dropEntry.run(redis, [key], [entry.value]));
    return dropped === 1
      ? this.#tokens.open(entry.value, key, request.scopes, this.#endOfLife(Infinity))
      : undefined;
  }

  /**
   * The token that another replica has published; undefined when it is not in the message, or does not open. The message
   * may have been on its way for long, and the server's clock may have been set: the earliest end of its life counts.
   */
  open({ key, scopes }: TokenRequest, { generation, copy }: TokenUpdate): Token | undefined {
    if (copy === undefined) return undefined;
    const { keys, clock, redisClock } = this.parts;
    const end = this.#endOfLife(Math.min(clock.now() + copy.life, redisClock.toLocal(copy.until)));
    const token = this.#tokens.open(entryOf(generation, copy.record), keys.token(key), scopes, end);
    return token !== undefined && token.remaining(clock.now()) > 0 ? token : undefined;
  }

  /** The highest generation that a replica can have given until now, before the clock of Redis was set back perhaps. */
  highestGeneration(): number {
    const { redisClock } = this.parts;
    return (Math.max(redisClock.now(), redisClock.wall.now()) + clockTolerance) * generationsPerMillisecond;
  }

  #start(request: TokenRequest): Promise<string> {
    const { redis, health, keys } = this.parts;
    return health.attempt(() => redis.getrange(keys.token(request.key), 0, 15));
  }

  /**
   * The generation is the instant at which the renewal began, by the clock of Redis, and sealed, as are the lifetime and the
   * instant by the clock of who asked: no `PTTL`, no message and no set clock can make more of it (see `remainingLife`). A
   * generation of a time to come has an age of 0.
   */
  #endOfLife(atMost: number): EndOfLife {
    return ({ generation, lifetime, issuedAt, accessToken }) => {
      const { clock, redisClock } = this.parts;
      const now = clock.now();
      const startedAt = generation / generationsPerMillisecond;
      const age = startedAt < firstInstant ? 0 : redisClock.now() - startedAt;
      const wallTime = redisClock.wall.now();
      const isKnown = issuedAt !== undefined && Math.abs(wallTime - issuedAt) <= longestAge;
      const evidence = {
        lifetime,
        wallTime,
        issuedAt: isKnown ? issuedAt : undefined,
        exp: jwtExpiry(accessToken),
        ttl: Math.min(atMost - now, lifetime - age),
      };
      return now + remainingLife(evidence);
    };
  }

  async #put(request: TokenRequest, token: Token, held = ''): Promise<void> {
    const { redis, health, keys, clock, redisClock, messages } = this.parts;
    const [key, lock] = [keys.token(request.key), keys.lock(request.key)];
    const life = Math.floor(token.remaining(clock.now()));
    if (life < 1) return;
    const issuedAt = redisClock.wall.now() - (clock.now() - token.issuedAt);
    const { generation, record } = this.#tokens.seal(token, key, request.scopes, issuedAt);
    const copy = { record, life, until: redisClock.fromLocal(token.expiresAt) };
    const message = messages.tokenMessage({ key: request.key, generation: token.generation, copy });
    const highest = hexGeneration(Math.max(this.highestGeneration(), token.generation));
    const args = [generation, record, life, held, messages.channel, message, highest];
    try {
      await health.attempt(() => putToken.run(redis, [key, lock], args));
    } catch (failure) {
      // A Redis that refuses writes still publishes: so the others need not renew what they cannot find.
      const isRefusal = failure instanceof RedisUnavailable && failure.isRefusal;
      if (isRefusal) await redis.publish(messages.channel, message).catch(() => {});
      throw failure;
    }
  }
}
