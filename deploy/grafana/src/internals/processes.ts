import { nodeMetrics } from '../node-metrics.js';
import { graph, green, type Row } from '../panels.js';
import { rate, select, sum } from '../queries.js';

export const processes: Row = {
  title: 'Processes',
  panels: [
    graph({
      title: 'Event loop lag, 99th percentile',
      description: 'Whatever a replica does waits so long. Over 0.1 s it needs more CPU, or company.',
      unit: 's',
      thresholds: [green, { color: 'orange', value: 0.1 }, { color: 'red', value: 1 }],
      queries: { '{{instance}}': select(nodeMetrics.eventLoopLag) },
      alert: 'TokenBrokerScheduleLate',
    }),
    graph({
      title: 'CPU',
      description: 'Of one core. A replica has one thread for its work.',
      unit: 'percentunit',
      thresholds: [green, { color: 'orange', value: 0.8 }],
      queries: { '{{instance}}': rate(nodeMetrics.cpu) },
    }),
    graph({
      title: 'Memory',
      description: 'Resident, and the part that is the heap of JavaScript.',
      unit: 'bytes',
      queries: {
        '{{instance}} resident': select(nodeMetrics.residentMemory),
        '{{instance}} heap': select(nodeMetrics.heapUsed),
      },
    }),
    graph({
      title: 'Garbage collection',
      description: 'Share of the time, by kind.',
      unit: 'percentunit',
      queries: { '{{kind}}': sum('kind', rate(`${nodeMetrics.garbageCollection}_sum`)) },
    }),
    graph({
      title: 'Open files and connections',
      description: 'What rises without end is a leak.',
      unit: 'none',
      queries: { '{{instance}}': select(nodeMetrics.openFiles) },
    }),
    graph({
      title: 'Age of the process',
      description: 'Falls to 0 at each start.',
      unit: 's',
      queries: { '{{instance}}': `time() - ${select(nodeMetrics.startTime)}` },
      alert: 'TokenBrokerReplicaDown',
    }),
  ],
};
