import { redisStorage } from '../../../apps/broker/src/core/redis-storage.js';
import { connectClient } from '../../../apps/broker/src/core/connected-client.js';
import { ClientDirectory } from '#tokens/client-directory.js';
import { SystemClock } from '#tokens/model/clock.js';
import { TrustedTime } from '#tokens/trusted-time.js';
import { ImpliedScopes } from '#tokens/model/implied-scopes.js';
import { RenewalPolicy } from '#tokens/model/renewal-policy.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { Secret } from '#tokens/model/secret.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { Token } from '#tokens/model/token.js';
import { clientSecret, encryptionKey, scopes, scopeSet } from './some-settings.js';
import { tokenLength } from './token-source.js';

export interface StoredTokens {
  count: number;
  tokenEndpoint: string;
  /** Milliseconds from now over which their renewals come due, evenly. */
  dueWithin: number;
}

/** Milliseconds. */
export const lifetime = 3_599_000;

/** As many at once as Redis answers well within the deadline of a command. */
const batch = 250;

/** Puts tokens into Redis as replicas would have done in the course of an hour, by the same code. */
export async function storeTokens(
  redisUrl: string,
  { count, tokenEndpoint, dueWithin }: StoredTokens,
): Promise<void> {
  const clock = new SystemClock();
  const keeping = redisStorage(
    {
      url: new Secret(redisUrl),
      tls: false,
      keyPrefix: 'token-broker',
      encryptionKeys: [{ id: '2026-11', key: new Secret(encryptionKey) }],
    },
    {
      clock,
      time: new TrustedTime(clock),
      clients: new ClientDirectory(),
      events: { emit: refuseFailures },
      replica: 'bench',
    },
  );
  const client = await connectClient(clientSettings(tokenEndpoint), clock, {});
  await keeping.open();
  const store = keeping.shared!;
  const keep = async (request: TokenRequest, number: number) => {
    const renewAt = clock.now() + (number / count) * dueWithin;
    await store.put(request, someToken(number, request, renewAt));
    await keeping.schedule.plan(request, renewAt);
  };
  for (let from = 0; from < count; from += batch) {
    const numbers = Array.from({ length: Math.min(batch, count - from) }, (_, n) => from + n);
    await Promise.all(numbers.map((n) => keep(client.request(ScopeSet.parse(scopeSet(n))), n)));
    // Takes nothing: it hands over what was planned.
    await keeping.schedule.takeDue(0, 0);
  }
  await keeping.close();
}

function someToken(number: number, { scopes: granted }: TokenRequest, renewAt: number): Token {
  const issuedAt = renewAt - 0.8 * lifetime;
  const accessToken = new Secret(`not-a-real-token-before-${number}-`.padEnd(tokenLength, 'x'));
  return new Token({
    accessToken,
    scopes: granted,
    issuedAt,
    renewAt,
    expiresAt: issuedAt + lifetime,
    generation: 1,
  });
}

/** What `someClient` is to a broker that has read it. */
function clientSettings(tokenEndpoint: string): Parameters<typeof connectClient>[0] {
  return {
    name: 'bench',
    tokenEndpoint,
    clientId: 'bench',
    clientAuthentication: 'client_secret_post',
    credentials: [{ clientAuthentication: 'client_secret_post', clientSecret: new Secret(clientSecret) }],
    scopes: ScopeSet.parse(scopes.join(' ')),
    requiredScopes: ScopeSet.empty,
    impliedScopes: ImpliedScopes.none,
    preload: [],
    parameters: {},
    resources: [],
    defaultLifetime: 300_000,
    timeout: 10_000,
    maxTokenRequestsPerMinute: 100_000,
    renewal: new RenewalPolicy({ at: 0.8, jitter: 0.05, minRemaining: 60_000, idleAfter: 3_600_000 }),
  };
}

function refuseFailures(event: { type: string; cause?: unknown }): void {
  if (event.type === 'store_failed') throw new Error('a token was not stored', { cause: event.cause });
}
