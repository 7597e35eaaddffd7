import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { median, quantile } from './quantile.js';

const program = fileURLToPath(new URL('served-consumer-process.ts', import.meta.url));

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
  readonly #process: ChildProcess;

  /**
   * @param target a server, and the key that is asked with
   * @param settled resolves when nothing is left of an attack that has ended
   */
  constructor(
    private readonly target: Target,
    private readonly settled: () => Promise<void>,
  ) {
    const { url, key } = target;
    this.#process = fork(program, [`${url}/token`, key], { execArgv: [] });
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
      await this.settled();
      attacked.push(quantile(under.times, 0.99));
      failures.push(...under.failures);
      if (round + 1 >= rounds.least && soFar().attacked <= tolerated * soFar().quiet) break;
    }
    return soFar();
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }

  async #window(): Promise<Window> {
    this.#process.send(window);
    const [measured] = (await once(this.#process, 'message')) as [Window];
    return measured;
  }
}
