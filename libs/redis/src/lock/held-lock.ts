import type { UpstreamFailure } from '#tokens/model/failures.js';
import { inTime } from '../connection/deadline.js';
import { LuaScript } from '../connection/lua-script.js';
import type { LockGrant, QuorumLock } from './quorum-lock.js';
import { reasonOf } from '../connection/redis-failure.js';
import { type LockGrip, lockLife } from './redis-lease.js';
import type { LockFault, RenewalLockParts } from './renewal-lock-parts.js';

export interface Holding {
  /** Of the token request. */
  key: string;
  grant: LockGrant;
}

const releaseLock = new LuaScript(new URL('./release-lock.lua', import.meta.url));

/** Milliseconds: the caller has its token and waits for no more than this. */
const publishDeadline = 500;

/** A lock that this process holds. */
export abstract class HeldLock implements LockGrip {
  constructor(
    protected readonly holding: Holding,
    protected readonly parts: RenewalLockParts,
    protected readonly lock: QuorumLock,
    private readonly onFault: LockFault,
  ) {}

  async extend(): Promise<'extended' | 'lost' | 'unknown'> {
    try {
      const refusal = await this.lock.extend(this.holding.grant, lockLife);
      if (refusal === undefined) return 'extended';
      return refusal.split ? 'unknown' : 'lost';
    } catch (error) {
      this.onFault('extend', reasonOf(error));
      return 'unknown';
    }
  }

  /** That a token is in the store says only who has put it there. */
  async release(failure?: UpstreamFailure): Promise<void> {
    const { messages } = this.parts;
    const { key } = this.holding;
    const message =
      failure === undefined ? messages.noChangeMessage(key) : messages.failureMessage(key, failure);
    try {
      await this.giveBack(message);
    } catch (error) {
      this.onFault('release', reasonOf(error));
    }
  }

  lost(): void {
    this.onFault('extend', 'lost');
  }

  protected abstract giveBack(message: string): Promise<void>;
}

/** A lock in the Redis that keeps the tokens too: one script can reach both. */
export class LockBesideToken extends HeldLock {
  get value(): string {
    return this.holding.grant.value;
  }

  protected override async giveBack(message: string): Promise<void> {
    const { connections, keys, messages } = this.parts;
    const { key, grant } = this.holding;
    const args = [grant.value, messages.channel, message, lockLife];
    await releaseLock.run(connections.lockNodes[0]!, [keys.lock(key)], args);
  }
}

/**
 * A lock on nodes of its own: no script reaches it and a token, so release and outcome are two steps. The lock goes
 * first, for who hears of the outcome may ask for it; whoever gets it in between is held back by the cool-down.
 */
export class LockOnNodes extends HeldLock {
  protected override async giveBack(message: string): Promise<void> {
    const { connections, messages } = this.parts;
    try {
      await this.lock.release(this.holding.grant);
    } finally {
      await inTime(connections.commands.publish(messages.channel, message), publishDeadline);
    }
  }
}
