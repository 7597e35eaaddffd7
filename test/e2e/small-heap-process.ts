import { Secret } from '#tokens/model/secret.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { AuthorizationServer, type TokenResponse } from '#tokens/ports/authorization-server.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { someBroker } from '#test/some-broker.js';
import { someClient } from '#test/the.js';

/** Run by small-heap.test.ts with a heap of 64 MB: asks for as many tokens of so many characters as the arguments say. */
const [count, length] = process.argv.slice(2).map(Number) as [number, number];

class BigTokens extends AuthorizationServer {
  override async requestToken({ scopes, key }: TokenRequest): Promise<TokenResponse> {
    const accessToken = new Secret(key.padEnd(length, 'not-a-real-token'));
    return { accessToken, scopes, sentAt: 1_000_000, lifetime: 3_600_000, anomalies: [] };
  }
}

const names = Array.from({ length: 200 }, (_, n) => `https://api.example/scope-${n}`);
const client = someClient({
  scopes: ScopeSet.parse(names.join(' ')),
  maxTokenRequestsPerMinute: 10 * count,
});
const { broker, memory } = someBroker({ client, authorizationServer: new BigTokens() });
// By --expose-gc: what is kept is measured, not what waits to be collected.
const collect = (globalThis as { gc?: () => void }).gc!;
collect();
const before = process.memoryUsage().heapUsed;
for (let n = 0; n < count; n++) {
  const scopes = ScopeSet.of([names[n % 200]!, names[Math.floor(n / 200)]!]);
  const request = client.request(scopes);
  await broker.tokenFor(request, { trigger: 'demand', consumer: `consumer-${n % 4}` });
}
collect();
const kept = memory.snapshot().length;
const perToken = (process.memoryUsage().heapUsed - before) / kept;
process.stdout.write(JSON.stringify({ kept, perToken }));
