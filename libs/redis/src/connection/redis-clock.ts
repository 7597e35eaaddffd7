import type { Clock } from '#tokens/model/clock.js';
import { TrustedTime } from '#tokens/trusted-time.js';
import { LuaScript } from './lua-script.js';
import type { RedisClient } from './redis-connections.js';

/** Milliseconds: replicas may know the clock of Redis not quite alike. */
export const clockTolerance = 60_000;

/** Milliseconds: NTP corrects less by slewing. */
const leastStep = 1_000;

const readClock = new LuaScript(new URL('./read-clock.lua', import.meta.url));

/**
 * The clock of the Redis server, as all replicas know it: so their own times of day never matter. Before the server
 * was heard of, it is this process's time of day. Instants are milliseconds since 1970.
 */
export class RedisClock {
  /** Its name among clocks. */
  static readonly peer = 'redis';

  #offset: number;
  #heard = false;

  /**
   * @param wall what it is a witness of
   * @param onStep is called when the server's clock was set, or is that of another host, with the milliseconds by which
   */
  constructor(
    private readonly clock: Clock,
    readonly wall = new TrustedTime(clock),
    private readonly onStep: (step: number) => void = () => {},
  ) {
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
    const before = this.#offset;
    this.#offset = this.#heard ? Math.min(Math.max(before, least), most) : (least + most) / 2;
    const step = this.#heard ? this.#offset - before : 0;
    this.#heard = true;
    this.wall.note(RedisClock.peer, this.now());
    if (Math.abs(step) >= leastStep) this.onStep(step);
  }

  /** Asks the server that keeps `key`. @throws what ioredis throws */
  async ask(client: RedisClient, key: string): Promise<void> {
    const sentAt = this.clock.now();
    const reply = (await readClock.run(client, [key])) as [string, string];
    this.learn(reply, sentAt);
  }
}
