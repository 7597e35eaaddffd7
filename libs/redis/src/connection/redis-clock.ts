import type { Clock } from '#tokens/model/clock.js';
import { LuaScript } from './lua-script.js';
import type { RedisClient } from './redis-connections.js';

const readClock = new LuaScript(new URL('./read-clock.lua', import.meta.url));

/**
 * The clock of the Redis server, as all replicas know it: so their own times of day never matter. Before the server
 * was heard of, it is this process's time of day. Instants are milliseconds since 1970.
 */
export class RedisClock {
  #offset: number;
  #heard = false;

  constructor(private readonly clock: Clock) {
    this.#offset = clock.wallTime() - clock.now();
  }

  /** What the server's clock shows now, in whole milliseconds. */
  now(): number {
    return this.fromLocal(this.clock.now());
  }

  /** The server's time at an instant of `Clock.now()`. */
  fromLocal(instant: number): number {
    return Math.floor(instant + this.#offset);
  }

  /** The instant of `Clock.now()` at which the server's clock shows this time. */
  toLocal(serverTime: number): number {
    return serverTime - this.#offset;
  }

  /**
   * Learns from a reply to `TIME`: seconds and microseconds. The server read its clock between `sentAt` (on
   * `Clock.now()`) and now; what is believed is moved no further than that demands, so slow replies do not disturb it.
   */
  learn([seconds, microseconds]: readonly [string | number, string | number], sentAt: number): void {
    const serverTime = Number(seconds) * 1_000 + Number(microseconds) / 1_000;
    const [least, most] = [serverTime - this.clock.now(), serverTime - sentAt];
    if (!Number.isFinite(most)) return;
    this.#offset = this.#heard ? Math.min(Math.max(this.#offset, least), most) : (least + most) / 2;
    this.#heard = true;
  }

  /** Asks the server that keeps `key`. @throws what ioredis throws */
  async ask(client: RedisClient, key: string): Promise<void> {
    const sentAt = this.clock.now();
    const reply = (await readClock.run(client, [key])) as [string, string];
    this.learn(reply, sentAt);
  }
}
