import { Consumer } from '#consumers/consumer.js';
import { Entitlement } from '#consumers/entitlement.js';
import type { Client } from '#tokens/model/client.js';
import { Failure } from '#tokens/model/failures.js';
import { MemoryCooldownStore } from '#tokens/memory/memory-cooldown-store.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import type { Token } from '#tokens/model/token.js';
import { SimulatedRedis } from '../simulation/simulated-redis.js';
import { SimulatedReplica } from '../simulation/simulated-replica.js';
import { seeded, VirtualTime } from '../simulation/virtual-time.js';
import { someClient } from '#test/the.js';
import { ModelledServer } from './modelled-server.js';

export const allScopes = ['a', 'b', 'c'] as const;

/** A version of the settings: which credential the client has, and what the consumer may have. */
export interface SettingsVersion {
  credential: number;
  allowed: readonly string[];
}

export interface Ask {
  replica: number;
  scopes: readonly string[];
  minTtl?: number | undefined;
  /** Whether it reports the last token that this replica gave for these scopes. */
  rejected: boolean;
}

interface Expected {
  credential: string;
  scopes: string;
  before: Token | undefined;
  minTtl: number | undefined;
  reported: string | undefined;
}

interface Given {
  token: Token;
  /** How often the credential had changed by then. */
  credentialChanges: number;
}

/** Three replicas of the broker's own workers, and the simple model that each of their answers is held against. */
export class ModelledFleet {
  readonly time = new VirtualTime();
  readonly redis = new SimulatedRedis(this.time);
  readonly server: ModelledServer;
  readonly replicas: SimulatedReplica[];
  readonly violations: string[] = [];
  /** Since then two may renew one token at once, as the lock was taken from under somebody. */
  lockWasLost = false;
  answered = 0;
  #credentialChanges = 0;
  #version: SettingsVersion = { credential: 1, allowed: allScopes };
  #client = clientOf(this.#version);
  #consumer = consumerOf(this.#client, this.#version);
  /** The newest token that each replica has given, by replica and request key. */
  readonly #given = new Map<string, Given>();
  readonly #pending = new Set<Promise<void>>();

  constructor(seed: number) {
    const { time, redis } = this;
    const chance = seeded(seed);
    this.server = new ModelledServer(time, chance);
    const cooldowns = new MemoryCooldownStore(time);
    const surroundings = {
      time,
      redis,
      client: this.#client,
      authorizationServer: this.server,
      cooldowns,
      chance,
    };
    this.replicas = Array.from({ length: 3 }, () => new SimulatedReplica(surroundings));
  }

  reload(version: SettingsVersion): void {
    if (version.credential !== this.#version.credential) this.#credentialChanges++;
    this.#version = version;
    this.#client = clientOf(version);
    this.#consumer = consumerOf(this.#client, version);
    for (const replica of this.replicas) replica.takeOver(this.#client);
  }

  /** Asks, and does not wait: the answer is judged when it comes. */
  ask(ask: Ask): void {
    const asked = this.#ask(ask).catch((error: unknown) => void this.violations.push(String(error)));
    this.#pending.add(asked);
    void asked.finally(() => this.#pending.delete(asked));
  }

  /** Lets everything come to its end. */
  async settle(): Promise<void> {
    await this.time.pass(60_000);
    if (this.#pending.size > 0) this.violations.push(`${this.#pending.size} requests hang`);
    if (!this.lockWasLost && this.server.mostAtOnceForOneToken > 1)
      this.violations.push('two token requests at once');
  }

  async #ask({ replica, scopes, minTtl, rejected }: Ask): Promise<void> {
    const wish = { scopes: ScopeSet.parse(scopes.join(' ')), resources: [] };
    const isAllowed = scopes.every((scope) => this.#version.allowed.includes(scope));
    const request = attempt(() => this.#consumer.permit(wish).request);
    if (request instanceof Failure) {
      this.#hold(!isAllowed && request.code === 'access_denied', `refused: ${request.message}`);
      return;
    }
    this.#hold(isAllowed, 'a token for somebody who may not have it');
    const credential = `v${this.#version.credential}`;
    const place = `${replica} ${request.key}`;
    const given = this.#given.get(place);
    const before = given?.token;
    const credentialChanges = this.#credentialChanges;
    const reported = rejected ? before?.accessToken.sha256 : undefined;
    const trigger = reported === undefined ? 'demand' : 'rejected';
    const demand = { trigger, consumer: 'order-service', minTtl, rejected: reported } as const;
    try {
      const { token } = await this.replicas[replica]!.broker.tokenFor(request, demand);
      this.answered++;
      this.#judge(token, { credential, scopes: String(request.scopes), before, minTtl, reported });
      const newest = this.#given.get(place)?.token;
      if (newest === undefined || newest.generation <= token.generation)
        this.#given.set(place, { token, credentialChanges });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // With its credential a token leaves the memory of the replica: it is back with it, unless Redis was emptied.
      const isDropped = this.#credentialChanges > (given?.credentialChanges ?? credentialChanges);
      const isSpared = minTtl !== undefined || reported !== undefined || isDropped;
      const lives = before !== undefined && before.remaining(this.time.now()) >= 1_000;
      this.#hold(isSpared || !lives, `an error while a token lived: ${error.message}`);
    }
  }

  #judge(token: Token, { credential, scopes, before, minTtl = 0, reported }: Expected): void {
    const { sha256 } = token.accessToken;
    const minted = this.server.minted.get(sha256);
    this.#hold(minted?.credential === credential, 'a token of another credential');
    this.#hold(minted?.scopes === scopes, 'a token of another scope set');
    const left = (minted?.expiresAt ?? 0) - this.time.now();
    this.#hold(left > 0 && left >= minTtl, `a token with ${left} ms left of ${minTtl}`);
    this.#hold(token.generation >= (before?.generation ?? 0), 'an older token');
    this.#hold(sha256 !== reported, 'the very token that was rejected');
  }

  #hold(isTrue: boolean, otherwise: string): void {
    if (!isTrue) this.violations.push(otherwise);
  }
}

function clientOf({ credential }: SettingsVersion): Client {
  return someClient({
    credentials: [`v${credential}`],
    scopes: ScopeSet.parse(allScopes.join(' ')),
    maxTokenRequestsPerMinute: 1_000,
  });
}

function consumerOf(client: Client, { allowed }: SettingsVersion): Consumer {
  return new Consumer('order-service', [
    new Entitlement(client, { scopes: ScopeSet.parse(allowed.join(' ')) }),
  ]);
}

function attempt<T>(act: () => T): T | Failure {
  try {
    return act();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}
