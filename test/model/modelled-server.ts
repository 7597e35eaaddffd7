import { AuthorizationServer, type TokenResponse } from '#tokens/ports/authorization-server.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { Secret } from '#tokens/model/secret.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import type { VirtualTime } from '../simulation/virtual-time.js';

export const moods = ['fine', 'down', 'refusing', 'short-lived'] as const;
export type Mood = (typeof moods)[number];

/** What a token was minted for. */
export interface Minted {
  credential: string;
  scopes: string;
  expiresAt: number;
}

/** Answers as its mood is, in some 300 ms, and remembers what it has minted. */
export class ModelledServer extends AuthorizationServer {
  mood: Mood = 'fine';
  readonly minted = new Map<string, Minted>();
  mostAtOnceForOneToken = 0;
  readonly #atOnce = new Map<string, number>();

  constructor(
    private readonly time: VirtualTime,
    private readonly chance: () => number,
  ) {
    super();
  }

  override async requestToken({ key, scopes }: TokenRequest, credential: string): Promise<TokenResponse> {
    const sentAt = this.time.now();
    this.#change(key, 1);
    await this.time.sleep(this.chance() * 600);
    this.#change(key, -1);
    if (this.mood === 'down') throw new UpstreamFailure('unavailable', 'it is down');
    if (this.mood === 'refusing') throw new UpstreamFailure('client_refused', 'it refuses the client');
    const accessToken = new Secret(`not-a-real-token-${this.minted.size}`);
    const lifetime = this.mood === 'short-lived' ? 15_000 : 120_000;
    this.minted.set(accessToken.sha256, { credential, scopes: String(scopes), expiresAt: sentAt + lifetime });
    return { accessToken, scopes, sentAt, lifetime, anomalies: [] };
  }

  #change(key: string, by: number): void {
    const now = (this.#atOnce.get(key) ?? 0) + by;
    this.#atOnce.set(key, now);
    this.mostAtOnceForOneToken = Math.max(this.mostAtOnceForOneToken, now);
  }
}
