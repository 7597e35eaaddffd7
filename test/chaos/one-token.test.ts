import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { someKey } from '#test/broker-process.js';
import { patiently } from '#test/patient-consumer.js';
import { manyScopes, runningReplicas, scopeSets } from '#test/replicas.js';

/** An authorization server and its API: each new token ends the one before, some time before it is in the response. */
async function endingServer() {
  let current = '';
  const counts = { issued: 0, inFlight: 0, mostInFlight: 0 };
  const server = createServer(async (request, response) => {
    if (request.url === '/api') {
      request.resume();
      return void response.writeHead(request.headers.authorization === `Bearer ${current}` ? 200 : 401).end();
    }
    counts.mostInFlight = Math.max(counts.mostInFlight, ++counts.inFlight);
    request.resume();
    current = `not-a-real-token-${++counts.issued}`;
    const body = { access_token: current, token_type: 'Bearer', expires_in: 12 };
    await pause(30);
    counts.inFlight -= 1;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { counts, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe('oneTokenPerClient', () => {
  const lifetimes = 20;

  it('serves 20 consumers of 8 scope sets at 3 replicas through 20 exchanges of the token, with the scopes of allow, preload and requiredScopes', async () => {
    const { url, counts } = await endingServer();
    const keys = Array.from({ length: 20 }, someKey);
    const sets = scopeSets(8);
    const consumers = keys.map(({ hash }, n) => [
      `consumer-${n}`,
      { keys: [hash], allow: [{ client: 'many', scopes: sets[n % sets.length]!.split(' ') }] },
    ]);
    const { brokers } = await runningReplicas({
      client: {
        tokenEndpoint: `${url}/token`,
        oneTokenPerClient: true,
        scopes: [...manyScopes, 'of-no-consumer'],
        preload: [['e']],
        requiredScopes: ['f'],
        renewal: { at: 0.1, jitter: 0 },
      },
      settings: { consumers: Object.fromEntries(consumers) },
    });
    const call = async (token: string) =>
      (await fetch(`${url}/api`, { headers: { authorization: `Bearer ${token}` } })).status;
    const seen = { calls: 0, rejected: 0, lost: [] as string[], scopes: new Set<string>() };
    const consume = async (n: number) => {
      for (let round = n; counts.issued < lifetimes; round += 1) {
        const broker = brokers[round % brokers.length]!;
        const { key } = keys[n]!;
        const first = await broker.get('/token', key);
        const token = String(first.body['access_token']);
        seen.calls += 1;
        seen.scopes.add(String(first.body['scope']));
        if ((await call(token)) === 401) {
          seen.rejected += 1;
          const sha256 = createHash('sha256').update(token).digest('hex');
          const second = await patiently(() => broker.reject({ access_token_sha256: sha256 }, key));
          if ((await call(String(second.body['access_token']))) !== 200)
            seen.lost.push(JSON.stringify(second.body));
        }
        await pause(100);
      }
    };
    await Promise.all(keys.map((_key, n) => consume(n)));
    expect(seen.lost).toEqual([]);
    expect(seen.scopes).toEqual(new Set(['a b c d e f']));
    expect(counts.mostInFlight).toBe(1);
    expect(seen.calls).toBeGreaterThan(lifetimes * keys.length);
    expect(seen.rejected).toBeLessThan(seen.calls / 2);
  });
});
