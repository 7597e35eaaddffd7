import { deadline } from '../connection/deadline.js';
import type { TokenUpdate, Withdrawal } from './outcome-messages.js';

/** What follows the messages of the channel. */
export interface ChannelListener {
  /** There is a new token in Redis. */
  onToken(update: TokenUpdate): void;
  /** A renewal has failed. */
  onFailure(): void;
  /** An operator, or a change of the settings, has withdrawn tokens. */
  onWithdrawal(withdrawal: Withdrawal): void;
  /** From now on messages may be missed, or none is missed any more. */
  onLiveChange(isLive: boolean): void;
  /** Makes up for what was missed. The channel is live once this has resolved; it is tried again when it rejects. */
  catchUp(): Promise<void>;
}

/**
 * Whether a replica receives every message: it does while its own heartbeats come back. After their silence, or a lost
 * connection, it is live again when what was missed has been made up for.
 */
export class SubscriptionHealth {
  #isLive = false;
  #lossCount = 0;
  #catchingUp = false;
  #cancel = () => {};

  /** `maxSilence`: milliseconds. */
  constructor(
    private readonly listener: Pick<ChannelListener, 'onLiveChange' | 'catchUp'>,
    private readonly maxSilence: number,
  ) {}

  get isLive(): boolean {
    return this.#isLive;
  }

  /** An own heartbeat has come back. */
  heartbeatReceived(): void {
    this.#cancel();
    this.#cancel = deadline(this.maxSilence, () => this.markStale());
    if (!this.#isLive && !this.#catchingUp) void this.#catchUp();
  }

  /** Something may be missed from now on. */
  markStale(): void {
    this.#cancel();
    this.#lossCount++;
    this.#set(false);
  }

  async #catchUp(): Promise<void> {
    const lossCount = this.#lossCount;
    this.#catchingUp = true;
    try {
      await this.listener.catchUp();
      if (lossCount === this.#lossCount) this.#set(true);
    } catch {
      // Redis is down again: the next heartbeat that comes back starts anew.
    } finally {
      this.#catchingUp = false;
    }
  }

  #set(isLive: boolean): void {
    if (this.#isLive === isLive) return;
    this.#isLive = isLive;
    this.listener.onLiveChange(isLive);
  }
}
