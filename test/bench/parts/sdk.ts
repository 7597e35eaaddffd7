import { TokenBrokerClient } from '#client/token-broker-client.js';
import { FakeTokenBroker } from '#test/fake-token-broker.js';
import type { BenchRun, PartResult } from '../bench-run.js';
import { median } from '../machine/statistics.js';
import type { Figure } from '../report/figure.js';

/** A token from the near copy of the SDK, beside the least that one could write: a promise from a map. */
export async function sdk(run: BenchRun): Promise<PartResult> {
  const broker = await FakeTokenBroker.start();
  run.atEnd(() => broker.stop());
  const [rounds, calls] = run.quick ? [1, 10_000] : [15, 1_000_000];
  const client = new TokenBrokerClient({ url: broker.url, credential: 'not-a-real-credential' });
  const ask = { client: 'rabot', scopes: 'api:partner create:orders' };
  const map = new Map([['rabot api:partner create:orders', Promise.resolve(await client.token(ask))]]);
  const mapGet = () => map.get(`${ask.client} ${ask.scopes}`)!;
  const times: Times[] = [];
  // The first rounds are for the compiler.
  for (let round = -2; round < rounds; round++) {
    const time = {
      call: nanoseconds(calls, () => client.token(ask)),
      mapGet: nanoseconds(calls, mapGet),
      awaited: await awaitedNanoseconds(calls, () => client.token(ask)),
      awaitedMapGet: await awaitedNanoseconds(calls, mapGet),
    };
    if (round >= 0) times.push(time);
  }
  return { figures: figures(times), details: { calls, times } };
}

interface Times {
  call: number;
  mapGet: number;
  awaited: number;
  awaitedMapGet: number;
}

function figures(times: readonly Times[]): Figure[] {
  const of = (value: (one: Times) => number) => median(times.map(value));
  return [
    { what: 'SDK, a call of token()', value: of(({ call }) => call), unit: 'ns' },
    { what: 'the same beside Map.get', value: of(({ call, mapGet }) => call / mapGet), unit: '×' },
    { what: 'SDK, await of token()', value: of(({ awaited }) => awaited), unit: 'ns' },
    {
      what: 'the same beside await of Map.get',
      value: of(({ awaited, awaitedMapGet }) => awaited / awaitedMapGet),
      unit: '×',
    },
  ];
}

function nanoseconds(calls: number, act: () => Promise<unknown>): number {
  let last: unknown;
  const begin = performance.now();
  for (let n = 0; n < calls; n++) last = act();
  const time = ((performance.now() - begin) * 1e6) / calls;
  // What nobody looks at need not be computed.
  if (last === undefined) throw new Error('there is no token');
  return time;
}

async function awaitedNanoseconds(calls: number, act: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  for (let n = 0; n < calls; n++) await act();
  return ((performance.now() - begin) * 1e6) / calls;
}
