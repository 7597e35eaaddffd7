import { RedisRenewalSchedule } from '#redis/schedule/redis-renewal-schedule.js';
import type { RequestRecord } from '#redis/schedule/request-record.js';
import { ResilientRenewalSchedule } from '#redis/schedule/resilient-renewal-schedule.js';
import type { Client } from '#tokens/model/client.js';
import type { RenewalSchedule } from '#tokens/ports/renewal-schedule.js';
import type { SomeRedis, SomeRedisParts } from './some-redis-parts.js';

/** The renewal schedule of one replica that knows one client. */
export class SomeSchedule {
  readonly failed: string[] = [];
  readonly schedule: RedisRenewalSchedule;
  readonly resilient: ResilientRenewalSchedule;

  private constructor(
    readonly parts: SomeRedisParts,
    client: Client,
  ) {
    const requestOf = ({ client: name, scopes, targets }: RequestRecord) =>
      name === client.name ? client.request(scopes, targets) : undefined;
    this.schedule = new RedisRenewalSchedule(parts, requestOf);
    const onFallback = (operation: string) => this.failed.push(operation);
    this.resilient = new ResilientRenewalSchedule(this.schedule, onFallback, parts.clock, () => 0);
  }

  static async of(redis: SomeRedis, client: Client): Promise<SomeSchedule> {
    return new SomeSchedule(await redis.parts(), client);
  }

  get now(): number {
    return this.parts.clock.now();
  }

  /** The scopes of what is due. */
  async due(limit = 10, schedule: RenewalSchedule = this.schedule): Promise<string[]> {
    return (await schedule.takeDue(limit, 0)).map(({ request }) => String(request.scopes)).toSorted();
  }
}

/** Lets time pass for all of them. The clock of Redis cannot be moved, so what is planned there is moved towards it. */
export async function pass(replicas: readonly SomeSchedule[], milliseconds: number): Promise<void> {
  const [{ redis, keys }] = replicas.map(({ parts }) => parts) as [SomeRedisParts];
  for (const { resilient } of replicas) await resilient.flush();
  for (const { parts } of replicas) parts.clock.advance(milliseconds);
  for (const key of [keys.scheduleDue, keys.scheduleDemand]) {
    for (const member of await redis.zrange(key, '0', '-1'))
      await redis.zincrby(key, -milliseconds, String(member));
  }
  for (const { parts } of replicas) await parts.redisClock.ask(redis, keys.scheduleDue);
}
