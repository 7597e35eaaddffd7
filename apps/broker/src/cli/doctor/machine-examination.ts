import { getHeapStatistics } from 'node:v8';
import { connectionBound, openFileLimit } from '../../core/open-files.js';
import type { Problem } from './report.js';

/** Connections that the instances of one consumer keep, about. */
const connectionsEach = 10;

/** Fewer are too few for any broker. */
const leastConnections = 500;

/** The share of the memory that the heap may take: buffers, connections and threads lie beside it. */
const shareOfHeap = 0.8;

export interface Machine {
  /** How many files this process may have open; undefined where the system does not say. */
  openFiles: number | undefined;
  /** Bytes that the heap may have. */
  heap: number;
  /** Bytes that this process may have by its container's limit, or that the machine has; 0 when unknown. */
  memory: number;
}

export function thisMachine(): Machine {
  return {
    openFiles: openFileLimit(),
    heap: getHeapStatistics().heap_size_limit,
    memory: process.constrainedMemory(),
  };
}

/** What this process lacks where it runs: a broker that is started in the same way lacks it, too. */
export function machineProblems({ openFiles, heap, memory }: Machine, consumers: number): Problem[] {
  const problems: Problem[] = [];
  const connections = openFiles === undefined ? Infinity : connectionBound(openFiles);
  if (connections < Math.max(leastConnections, consumers * connectionsEach)) {
    problems.push({
      severity: 'warning',
      detail:
        `a process may have ${openFiles} files open here, which leaves ${connections} connections to ${consumers} consumers; ` +
        'raise the limit: ulimit -n, LimitNOFILE of systemd, or ulimits of the container.',
    });
  }
  if (memory > 0 && heap > memory * shareOfHeap) {
    problems.push({
      severity: 'warning',
      detail:
        `the heap may grow to ${megabytes(heap)}, and the memory is limited to ${megabytes(memory)}: the process would be killed; ` +
        `set --max-old-space-size in NODE_OPTIONS to ${Math.floor((memory * shareOfHeap) / 2 ** 20)} or less, or remove it.`,
    });
  }
  return problems;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
