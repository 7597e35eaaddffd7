import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Servers have a core of their own, and all that loads them has another. */
export type Core = 'server' | 'load' | 'any';

const canPin = availableParallelism() > 1 && spawnSync('taskset', ['-V']).status === 0;

/** The command that runs this one on a core; on a machine with a single one, or without `taskset`, it stays as it is. */
export function pinned(core: Core, command: readonly string[]): string[] {
  if (!canPin || core === 'any') return [...command];
  return ['taskset', '-c', core === 'server' ? '0' : '1', ...command];
}

/** Moves this process, with all its threads; what it starts follows. */
export function pinSelf(core: Core): void {
  if (!canPin) return;
  const cores = core === 'any' ? `0-${availableParallelism() - 1}` : core === 'server' ? '0' : '1';
  spawnSync('taskset', ['-acp', cores, String(process.pid)]);
}
