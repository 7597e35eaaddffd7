import { deadline } from '../connection/deadline.js';
import type { TokenUpdate } from './outcome-messages.js';

/** What depends on hearing everything that is said on the channel. */
export interface ChannelListener {
  /** There is a new token in Redis. */
  onToken(news: TokenUpdate): void;
  /** A renewal has failed. */
  onFailure(): void;
  /** From now on, messages may be missed, or none is missed any more. */
  onLiveChange(trusted: boolean): void;
  /** Makes up for what was missed. The channel is trusted once it has resolved, and it is tried again when it rejects. */
  catchUp(): Promise<void>;
}

/**
 * Whether a replica may rely on hearing of every new token: it does while its own heartbeats come back. Their silence,
 * or a lost connection, ends the trust at once; it returns when what was missed has been made up for.
 */
export class SubscriptionHealth {
  #trusted = false;
  #losses = 0;
  #catchingUp = false;
  #callOff = () => {};

  /** `patience`: milliseconds of silence, at the most. */
  constructor(
    private readonly listener: Pick<ChannelListener, 'onLiveChange' | 'catchUp'>,
    private readonly patience: number,
  ) {}

  get isLive(): boolean {
    return this.#trusted;
  }

  /** An own heartbeat has come back. */
  heartbeatReceived(): void {
    this.#callOff();
    this.#callOff = deadline(this.patience, () => this.markStale());
    if (!this.#trusted && !this.#catchingUp) void this.#catchUp();
  }

  /** Something may be missed from now on. */
  markStale(): void {
    this.#callOff();
    this.#losses++;
    this.#set(false);
  }

  async #catchUp(): Promise<void> {
    const losses = this.#losses;
    this.#catchingUp = true;
    try {
      await this.listener.catchUp();
      if (losses === this.#losses) this.#set(true);
    } catch {
      // Redis is gone again: the next heartbeat that comes back starts anew.
    } finally {
      this.#catchingUp = false;
    }
  }

  #set(trusted: boolean): void {
    if (this.#trusted === trusted) return;
    this.#trusted = trusted;
    this.listener.onLiveChange(trusted);
  }
}
