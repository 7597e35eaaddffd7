import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '#test/until.js';
import type { BenchRun } from '../bench-run.js';
import type { BrokerOptions } from '../servers/broker.js';
import type { ServerProcess } from './server-process.js';

const program = fileURLToPath(new URL('../programs/memory-probe.mjs', import.meta.url));

/** Looks from outside into the heap of a broker that was started with its `options`. */
export class MemoryProbe {
  readonly #folder = mkdtempSync(join(tmpdir(), 'token-broker-probe-'));
  readonly #file = join(this.#folder, 'memory.json');

  constructor(run: BenchRun) {
    run.atEnd(() => rmSync(this.#folder, { recursive: true, force: true }));
  }

  get options(): BrokerOptions {
    return {
      flags: ['--expose-gc', '--import', program],
      environment: { MEMORY_PROBE_FILE: this.#file },
    };
  }

  /** Bytes in use of the heap and of buffers beside it, garbage excluded. */
  async inUse(process: ServerProcess): Promise<number> {
    rmSync(this.#file, { force: true });
    process.signal('SIGUSR2');
    let memory: NodeJS.MemoryUsage | undefined;
    await until(async () => {
      memory = JSON.parse(readFileSync(this.#file, 'utf8')) as NodeJS.MemoryUsage;
      return true;
    }, 'the broker tells its memory');
    return memory!.heapUsed + memory!.external;
  }
}
