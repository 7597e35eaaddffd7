import type { RateLimit } from '#oauth/response/rate-limit.js';
import type { Client } from '#tokens/model/client.js';
import type { Clock } from '#tokens/model/clock.js';
import type { Cooldown } from '#tokens/ports/cooldown-store.js';
import type { UpstreamFailure } from '#tokens/model/failures.js';
import type { TokenEvent, TokenEvents } from '#tokens/ports/token-events.js';

export interface ClientState {
  /**
   * `cooling down`: no token request is sent for a while, because the last ones failed. `refused`: the authorization
   * server does not take any of its credentials; it stays so until one is taken, or the settings bring another.
   */
  state: 'fine' | 'cooling down' | 'refused';
  failure?: UpstreamFailure;
  /** When token requests are sent again: instant of the monotonic clock, perhaps gone by. */
  until?: number;
}

interface Failed {
  failure: UpstreamFailure;
  until: number;
}

interface Known {
  client: Client;
  failed: Failed | undefined;
  /** By position from 1. */
  refused: Map<number, Failed>;
  credentialInUse: number | undefined;
  skew: MeasuredSkew | undefined;
  rateLimit?: SeenRateLimit | undefined;
}

export interface SeenRateLimit extends RateLimit {
  /** Instant of the monotonic clock. */
  at: number;
}

interface MeasuredSkew {
  /** Milliseconds by which the clock of the authorization server is ahead of ours. */
  skew: number;
  at: number;
}

/** Another replica may send all token requests from now on: what this one has once measured holds no longer than this. */
const skewMaxAge = 3_600_000;

const rateLimitMaxAge = 3_600_000;

type Found = Cooldown & { credential: number };

interface SharedCooldowns {
  cooldowns(client: Client): Promise<readonly Found[]>;
}

/** Whether each client of the active settings gets tokens from its authorization server, as far as this replica knows. */
export class ClientHealth implements TokenEvents {
  #clients = new Map<string, Known>();

  constructor(private readonly clock: Clock) {}

  /** The clients of the settings now in force. With a changed credential what is known of the old one is over. */
  replaceClients(clients: readonly Client[]): void {
    const before = this.#clients;
    this.#clients = new Map(
      clients.map((client) => {
        const known = before.get(client.name);
        const isSame = known?.client.identity === client.identity;
        return [client.name, isSame ? { ...known, client } : fresh(client, known?.skew)];
      }),
    );
  }

  get all(): Readonly<Known>[] {
    return [...this.#clients.values()];
  }

  stateOf({ name }: Client): ClientState {
    const known = this.#clients.get(name);
    if (known === undefined) return { state: 'fine' };
    const { failed, refused, client } = known;
    if (failed !== undefined && failed.until > this.clock.now()) return { state: 'cooling down', ...failed };
    if (refused.size < client.options.credentials.length) return { state: 'fine' };
    const [first, ...others] = [...refused.values()] as [Failed, ...Failed[]];
    return { state: 'refused', ...first, until: Math.min(first.until, ...others.map(({ until }) => until)) };
  }

  /** Whether no token request is sent for the client now. */
  isCoolingDown(client: Client): boolean {
    return (this.stateOf(client).until ?? 0) > this.clock.now();
  }

  /** By position from 1; undefined before its first token. */
  credentialInUse({ name }: Client): number | undefined {
    return this.#clients.get(name)?.credentialInUse;
  }

  emit(event: TokenEvent): void {
    if (!('request' in event)) return;
    const known = this.#current(event.request.client);
    if (known === undefined) return;
    if (event.type === 'credential_used') known.credentialInUse = event.credential;
    if (event.type === 'cooldown_ended') markHealthy(known, event.credential);
    if (event.type === 'cooldown_started') this.#started(known, event);
  }

  /** Replaces what this replica knows of the client by what all of them know. */
  replaceKnown(client: Client, found: readonly Found[]): void {
    const known = this.#current(client);
    if (known === undefined) return;
    known.failed = undefined;
    known.refused.clear();
    for (const { target, failure, remaining, credential } of found) {
      const failed = { failure, until: this.clock.now() + remaining };
      if (target.scope === 'client') known.failed = failed;
      else known.refused.set(credential, failed);
    }
  }

  /** Asks the shared store what all replicas know of these clients. While it is down, what this replica knows stands. */
  async refresh(clients: readonly Client[], upstream: SharedCooldowns): Promise<void> {
    await Promise.all(
      clients.map(async (client) => {
        const found = await upstream.cooldowns(client).catch(() => undefined);
        if (found !== undefined) this.replaceKnown(client, found);
      }),
    );
  }

  /** Those that get no tokens now. */
  get failing(): Client[] {
    return this.all.map(({ client }) => client).filter((client) => this.stateOf(client).state !== 'fine');
  }

  skewed(name: string, skew: number): void {
    const known = this.#clients.get(name);
    if (known !== undefined) known.skew = { skew, at: this.clock.now() };
  }

  rateLimited(name: string, rateLimit: RateLimit): void {
    const known = this.#clients.get(name);
    if (known !== undefined) known.rateLimit = { ...rateLimit, at: this.clock.now() };
  }

  /** What its authorization server last said of its limit; undefined once that has been reset since, or after an hour. */
  rateLimitOf({ name }: Client): SeenRateLimit | undefined {
    const seen = this.#clients.get(name)?.rateLimit;
    return seen && this.clock.now() - seen.at < (seen.resetsIn ?? rateLimitMaxAge) ? seen : undefined;
  }

  /**
   * Milliseconds by which the clock of its authorization server is ahead of ours; undefined when that was not measured
   * within the last hour.
   */
  skewOf({ name }: Client): number | undefined {
    const measured = this.#clients.get(name)?.skew;
    return measured && this.clock.now() - measured.at < skewMaxAge ? measured.skew : undefined;
  }

  #started(known: Known, event: Extract<TokenEvent, { type: 'cooldown_started' }>): void {
    const { scope, credential, failure, duration } = event;
    const failed = { failure, until: this.clock.now() + duration };
    if (scope === 'client') known.failed = failed;
    // A response, even a refusal, proves that the server is up; one about the request, that the credential is good.
    else markHealthy(known, scope === 'request' ? credential : undefined);
    if (scope === 'credential') known.refused.set(credential, failed);
  }

  /** Undefined for a client of earlier settings. */
  #current({ name, identity }: Client): Known | undefined {
    const known = this.#clients.get(name);
    return known?.client.identity === identity ? known : undefined;
  }
}

function fresh(client: Client, skew: MeasuredSkew | undefined): Known {
  return { client, failed: undefined, refused: new Map(), credentialInUse: undefined, skew };
}

function markHealthy(known: Known, credential: number | undefined): void {
  known.failed = undefined;
  if (credential !== undefined) known.refused.delete(credential);
}
