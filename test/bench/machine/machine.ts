import { availableParallelism, cpus, loadavg } from 'node:os';

/** What the figures were taken on. */
export interface Machine {
  processor: string;
  cores: number;
  node: string;
  /** Of the last minute, before the first measurement: what others did meanwhile. */
  load: number;
}

export function thisMachine(): Machine {
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    node: process.version,
    load: loadavg()[0]!,
  };
}
