import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { median, quantile } from './quantile.js';

interface Window {
  /** Milliseconds that each answer took. */
  times: number[];
  /** Status or error of each that was not served. */
  failures: string[];
}

export interface Disturbance {
  /** Milliseconds: the medians of the windows' 99th percentiles, without the attack and under it. */
  quiet: number;
  attacked: number;
  failures: string[];
}

export interface Target {
  url: string;
  /** A right API key. */
  key: string;
}

/** What is done to a broker; begun, it goes on until it is ended. */
export interface Attack {
  readonly name: string;
  begin(target: Target): Promise<{ end(): Promise<void> }>;
}

/** Milliseconds of one window: some hundreds of answers. */
const window = 400;
/** Windows of each kind: so many, and more while they say that there is a disturbance; noise does not last so long. */
const rounds = { least: 3, most: 15 };
/** By what the 99th percentile may grow. */
export const tolerated = 3;

/** A consumer that asks some hundred times a second, and measures how it is served. */
export class ServedConsumer {
  readonly #worker: Worker;

  /** @param target a server, and the key that is asked with */
  constructor(private readonly target: Target) {
    const { url, key } = target;
    const workerData = { url: `${url}/token`, key, callers: 6, pause: 4 };
    this.#worker = new Worker(new URL('served-consumer.worker.ts', import.meta.url), { workerData, execArgv: [] });
  }

  /** Takes windows with and without the attack in turn, so that both meet the same machine. */
  async under(attack: Attack): Promise<Disturbance> {
    const [quiet, attacked]: [number[], number[]] = [[], []];
    const failures: string[] = [];
    const soFar = () => ({ quiet: median(quiet), attacked: median(attacked), failures });
    for (let round = 0; round < rounds.most; round++) {
      const { times } = await this.#window();
      quiet.push(quantile(times, 0.99));
      const begun = await attack.begin(this.target);
      const under = await this.#window();
      await begun.end();
      attacked.push(quantile(under.times, 0.99));
      failures.push(...under.failures);
      if (round + 1 >= rounds.least && soFar().attacked <= tolerated * soFar().quiet) break;
    }
    return soFar();
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  async #window(): Promise<Window> {
    await this.#taken();
    await sleep(window);
    const taken = await this.#taken();
    // On a machine that does nothing else for so long there is nothing to measure yet.
    return taken.times.length > 0 ? taken : this.#window();
  }

  async #taken(): Promise<Window> {
    this.#worker.postMessage('');
    const [taken] = (await once(this.#worker, 'message')) as [Window];
    return taken;
  }
}
