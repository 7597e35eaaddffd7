import { UpstreamFailure } from './model/failures.js';
import { parseJsonObject } from './model/json-object.js';
import type { Token } from './model/token.js';
import type { TokenRequest } from './model/token-request.js';
import type { CooldownStore, CooldownTarget } from './ports/cooldown-store.js';

/** Milliseconds. */
const leastAge = { first: 10_000, ofOneToken: 1_000, longest: 300_000 };

interface Rejections {
  /** Milliseconds that the next token must be old to be renewed. */
  leastAge: number;
  /** SHA-256 of the token that may be renewed, as often as it takes. */
  permitted?: string | undefined;
  /** SHA-256 of the token that was reported when it was too young. */
  early?: string | undefined;
}

/**
 * How old a token must be to be renewed because an API, or an operator, rejected it: 10 s, doubled with each rejection in a
 * row up to 5 min. An API that learns of new tokens with a lag (replication behind the authorization server) rejects each
 * at first: were it renewed each time, none would grow old enough to be accepted. It is kept beside the cool-downs, which
 * all replicas share.
 */
export class RejectedTokens {
  constructor(private readonly cooldowns: Pick<CooldownStore, 'look' | 'failed'>) {}

  /**
   * Milliseconds until the token may be renewed; 0 when it may be now. Then the next token has to be twice as old, unless
   * this one was accepted for a while. A token from the future is not a young one: its instant of issue is wrong.
   */
  async report(request: TokenRequest, token: Token, now: number): Promise<number> {
    const { sha256 } = token.accessToken;
    const first = firstAge(request);
    const known = await this.#known(request);
    if (known.permitted === sha256) return 0;
    const age = now - token.issuedAt;
    if (age >= 0 && age < known.leastAge) {
      if (known.early !== sha256) await this.#keep(request, { ...known, early: sha256 });
      return known.leastAge - age;
    }
    const hasGrown = known.leastAge > first;
    const isInARow = known.early === sha256 || (hasGrown && age < 2 * known.leastAge);
    const next = isInARow ? Math.min(2 * known.leastAge, leastAge.longest) : first;
    await this.#keep(request, { leastAge: next, permitted: sha256 });
    return 0;
  }

  /** While the shared store is down, a rejection is the first one. */
  async #known(request: TokenRequest): Promise<Rejections> {
    const [found] = await this.cooldowns.look([targetOf(request)]).catch(() => []);
    const fields = parseJsonObject(found?.failure.message ?? '');
    const age = Number(fields?.get('leastAge'));
    const first = firstAge(request);
    return {
      leastAge: age >= first && age <= leastAge.longest ? age : first,
      permitted: text(fields?.get('permitted')),
      early: text(fields?.get('early')),
    };
  }

  async #keep(request: TokenRequest, rejections: Rejections): Promise<void> {
    const record = new UpstreamFailure('unchanged', JSON.stringify(rejections));
    await this.cooldowns.failed(targetOf(request), record, () => 1);
  }
}

/** Where a new token invalidates the previous one, a response that is lost leaves a young token that is dead. */
function firstAge({ client }: TokenRequest): number {
  return client.options.oneToken === undefined ? leastAge.first : leastAge.ofOneToken;
}

/** No attempt is held back by it: those of a token request have another name. */
function targetOf({ client, key }: TokenRequest): CooldownTarget {
  return { scope: 'request', client: client.identity, name: `rejected:${key}` };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
