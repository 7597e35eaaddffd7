import type { AtEnd } from './at-end.js';
import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { BrokerProcess } from './broker-process.js';
import { type LoadAnswer, LoadAnswers, tokenIn } from './load-answers.js';
import { until } from './until.js';

export interface SteadyLoadOptions {
  key: string;
  /** Those who ask at the same time: 6. */
  callers?: number;
  /** Each caller asks for one of these, in turn: `['a']`. */
  scopes?: readonly string[];
  /** Milliseconds that a caller waits between an answer and its next request: 50. */
  pause?: number;
  /** Further parameters, such as `&min_ttl=2`: none. */
  parameters?: string;
}

/** Longer than the broker may ever take. */
const patience = 20_000;

/**
 * A few callers that ask all replicas in turn, each request on a connection of its own, and remember every answer. As a
 * load balancer does, they go on to the next replica when a connection is refused, and only then.
 */
export class SteadyLoad {
  readonly #answers: LoadAnswer[] = [];
  readonly #under = new Map<BrokerProcess, number>();
  readonly #callers: Promise<void>[];
  #replicas: readonly BrokerProcess[];
  #isOver = false;

  private constructor(
    replicas: readonly BrokerProcess[],
    private readonly options: Required<SteadyLoadOptions>,
  ) {
    this.#replicas = replicas;
    this.#callers = Array.from({ length: options.callers }, (_, caller) => this.#call(caller));
  }

  /** Begins at once and goes on until it is stopped, or the test ends. */
  static on(
    replicas: readonly BrokerProcess[],
    options: SteadyLoadOptions,
    atEnd: AtEnd = onTestFinished,
  ): SteadyLoad {
    const load = new SteadyLoad(replicas, {
      callers: 6,
      scopes: ['a'],
      pause: 50,
      parameters: '',
      ...options,
    });
    atEnd(async () => void (await load.stop()));
    return load;
  }

  get answers(): LoadAnswers {
    return new LoadAnswers(this.#answers);
  }

  add(replica: BrokerProcess): void {
    this.#replicas = [...this.#replicas, replica];
  }

  /** Sends no more there, and waits until what was sent has been answered. */
  async retire(replica: BrokerProcess): Promise<void> {
    this.#replicas = this.#replicas.filter((one) => one !== replica);
    await until(async () => !this.#under.get(replica), 'the retired replica has answered');
  }

  /** Waits until each caller has asked each replica at least so often from now on. */
  async rounds(count: number): Promise<LoadAnswers> {
    const start = performance.now();
    const least = count * this.#replicas.length * this.options.callers;
    await until(async () => this.answers.since(start).all.length >= least, `${count} rounds`);
    return this.answers.since(start);
  }

  /** Waits until somebody has got a token that nobody had got before. */
  async newToken(): Promise<void> {
    const known = this.answers.tokens.length;
    await until(async () => this.answers.tokens.length > known, 'there is a new token');
  }

  /** Resolves when the last answer has come. */
  async stop(): Promise<LoadAnswers> {
    this.#isOver = true;
    await Promise.all(this.#callers);
    return this.answers;
  }

  async #call(caller: number): Promise<void> {
    const { scopes, pause } = this.options;
    for (let n = caller; !this.#isOver; n++) {
      const replicas = this.#replicas;
      const turns = replicas.map((_, turn) => replicas[(n + turn) % replicas.length]!);
      this.#answers.push(await this.#firstAnswer(turns, caller, scopes[caller % scopes.length]!));
      await sleep(pause);
    }
  }

  async #firstAnswer(turns: readonly BrokerProcess[], caller: number, scopes: string): Promise<LoadAnswer> {
    for (const [turn, replica] of turns.entries()) {
      const sentAt = performance.now();
      const got = await this.#ask(replica, scopes);
      const isLast = turn === turns.length - 1;
      if (got.error !== 'ECONNREFUSED' || isLast) {
        return { caller, replica, scopes, sentAt, at: performance.now(), status: undefined, ...got };
      }
    }
    throw new Error('there is no replica to ask');
  }

  async #ask(replica: BrokerProcess, scopes: string): Promise<Partial<LoadAnswer>> {
    this.#under.set(replica, (this.#under.get(replica) ?? 0) + 1);
    try {
      const query = `scopes=${encodeURIComponent(scopes)}${this.options.parameters}`;
      return await answerOf(`${replica.consumers}/token?${query}`, this.options.key);
    } catch (error) {
      return { error: (error as NodeJS.ErrnoException).code ?? String(error) };
    } finally {
      this.#under.set(replica, this.#under.get(replica)! - 1);
    }
  }
}

async function answerOf(url: string, key: string): Promise<Partial<LoadAnswer>> {
  const headers = { authorization: `Bearer ${key}` };
  return new Promise((resolve, reject) => {
    const call = request(url, { agent: false, headers, signal: AbortSignal.timeout(patience) });
    call.once('error', reject).once('response', (response) => {
      const body = json(response) as Promise<Record<string, unknown>>;
      body.then((read) => resolve({ status: response.statusCode, ...tokenIn(read) }), reject);
    });
    call.end();
  });
}
