import { sum } from '../machine/statistics.js';
import { lineChart, type Series } from '../report/line-chart.js';
import type { Spent } from '../servers/fleet.js';

export interface Point extends Spent {
  tokens: number;
  replicas: number;
}

/** What grows with the tokens, a line for each number of replicas. */
export function charts(points: readonly Point[]): Record<string, string> {
  const counts = [...new Set(points.map(({ replicas }) => replicas))];
  const of = (value: (point: Point) => number): Series[] =>
    counts.map((count) => ({
      name: `${count} ${count === 1 ? 'replica' : 'replicas'}`,
      points: points
        .filter(({ tokens, replicas }) => tokens > 0 && replicas === count)
        .map((one) => [one.tokens, Math.max(0.1, value(one) / one.seconds)]),
    }));
  const x = 'tokens, each of an hour';
  return {
    'redis-commands.svg': lineChart({
      title: 'Commands of Redis',
      x,
      y: 'per second',
      series: of(commandsOf),
    }),
    'replicas-cpu.svg': lineChart({
      title: 'CPU of all replicas together',
      x,
      y: 'ms per second',
      series: of(({ brokerCpu }) => brokerCpu),
    }),
  };
}

export function commandsOf({ commands }: Spent): number {
  return sum(Object.values(commands));
}
