import { Controller, Get, Header, Inject, Query } from '@nestjs/common';
import { ConsumerActivities, type ConsumerActivity, type Use } from '#consumers/consumer-activity.js';
import { Clock } from '#tokens/model/clock.js';
import { REPLICA_NAME } from '../core/broker-options.js';
import { ActiveSettings } from '../core/active-settings.js';
import { Needs } from './access/access.guard.js';
import { ConsumerListQuery } from './requests.dto.js';

/** What operators see of consumers: who asks for what, how often, by which credential, and what was refused. */
@Needs('viewer')
@Controller('api/consumers')
export class ConsumersController {
  constructor(
    private readonly settings: ActiveSettings,
    private readonly activities: ConsumerActivities,
    private readonly clock: Clock,
    @Inject(REPLICA_NAME) private readonly replica: string,
  ) {}

  @Get()
  @Header('cache-control', 'no-store')
  consumers(@Query() { limit, after = '' }: ConsumerListQuery): object {
    const names = Object.keys(this.settings.active.settings.consumers)
      .filter((name) => name > after)
      .toSorted();
    const page = names.slice(0, limit);
    return {
      now: new Date(this.clock.wallTime()).toISOString(),
      replica: this.replica,
      consumers: page.map((name) => this.#report(name, this.activities.of(name))),
      ...(names.length > limit && { next: page.at(-1) }),
    };
  }

  #report(name: string, { outcomes, credentials, requests, refusals, lastSeenAt }: ConsumerActivity): object {
    const { mode } = this.settings.active.settings.consumers[name]!;
    return {
      name,
      ...(mode === 'audit' && { mode }),
      lastSeen: this.#iso(lastSeenAt),
      outcomes: Object.fromEntries(outcomes),
      credentials: credentials.map(({ place, fingerprint, expiresAt, replaceBy, ...use }) => ({
        place,
        fingerprint,
        ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt).toISOString() }),
        ...(replaceBy !== undefined && { replaceBy: new Date(replaceBy).toISOString() }),
        ...this.#used(use),
      })),
      requests: requests.map(({ client, scopes, ...use }) => ({ client, scopes, ...this.#used(use) })),
      refusals: refusals.map(({ at, ...refusal }) => ({ at: this.#iso(at), ...refusal })),
    };
  }

  #used({ count, lastAt }: Use): object {
    return { served: count, lastServed: this.#iso(lastAt) };
  }

  /** Undefined for what has not been yet. @param at instant of the monotonic clock */
  #iso(at: number): string | undefined {
    return at === -Infinity ? undefined : new Date(this.clock.wallTimeOf(at)).toISOString();
  }
}
