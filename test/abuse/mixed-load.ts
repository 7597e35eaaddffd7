import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BrokerProcess } from '#test/broker-process.js';
import { scopeSets } from '#test/replicas.js';

interface Call {
  method?: string;
  path: string;
  credential?: string;
  contentType?: string;
  body?: string;
}

const sets = scopeSets(12);
const json = 'application/json';
const form = 'application/x-www-form-urlencoded';

/** What consumers ask for in turn: mostly what is right, and now and then what is not. */
function calls(key: string): Call[] {
  const sha256 = 'ab'.repeat(32);
  const basic = `Basic ${Buffer.from(`order-service:${key}`).toString('base64')}`;
  return [
    ...sets.map((set) => ({ path: `/token?scopes=${encodeURIComponent(set)}` })),
    { path: '/token?scopes=a&min_ttl=3' },
    {
      method: 'POST',
      path: '/token/rejected',
      contentType: json,
      body: JSON.stringify({ scopes: 'a', access_token_sha256: sha256 }),
    },
    {
      method: 'POST',
      path: '/oauth2/token',
      credential: basic,
      contentType: form,
      body: 'grant_type=client_credentials&scope=b',
    },
    { path: '/forward-auth?scopes=a%20b' },
    { path: '/token?scopes=nobodys' },
    { path: '/token?scopes=%00' },
    { path: '/token', credential: 'Bearer not-a-real-key' },
    { method: 'DELETE', path: '/token' },
  ];
}

/** Some callers of all replicas, who keep their connections and count what they get. */
export class MixedLoad {
  /** Status, or what the connection failed with -> how often. */
  readonly outcomes = new Map<string, number>();
  readonly #agent = new Agent({ keepAlive: true });
  readonly #callers: Promise<void>[];
  #isOver = false;

  constructor(
    private readonly replicas: readonly BrokerProcess[],
    private readonly key: string,
  ) {
    this.#callers = Array.from({ length: 6 }, (_, caller) => this.#call(caller));
  }

  /** Resolves when the last answer has come. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#callers);
    this.#agent.destroy();
  }

  async #call(caller: number): Promise<void> {
    const turns = calls(this.key);
    for (let n = caller; !this.#isOver; n++) {
      const { consumers } = this.replicas[n % this.replicas.length]!;
      const outcome = await this.#outcome(consumers, turns[Math.floor(n / 2) % turns.length]!);
      this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
      await sleep(20);
    }
  }

  #outcome(url: string, call: Call): Promise<string> {
    const { method = 'GET', path, credential = `Bearer ${this.key}`, contentType, body } = call;
    const headers = { authorization: credential, ...(contentType && { 'content-type': contentType }) };
    const options = { agent: this.#agent, method, headers, signal: AbortSignal.timeout(20_000) };
    return new Promise((resolve) => {
      request(`${url}${path}`, options, (response) => {
        text(response).then(
          () => resolve(String(response.statusCode)),
          (error: Error) => resolve(error.message),
        );
      })
        .once('error', (error) => resolve(error.message))
        .end(body);
    });
  }
}
