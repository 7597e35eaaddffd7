import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RedisClient } from './redis-connections.js';

type Argument = string | number | Buffer;

/** A script in a file of its own. Redis keeps scripts by their SHA-1, so as a rule only that is sent. */
export class LuaScript {
  readonly #text: string;
  readonly #sha1: string;

  /** `file` lies beside the module: `new URL('../some.lua', import.meta.url)`. It is read at once. */
  constructor(file: URL) {
    this.#text = readFileSync(file, 'utf8');
    this.#sha1 = createHash('sha1').update(this.#text).digest('hex');
  }

  /** The keys must share a slot (the same `{hash tag}`), for a Cluster. The reply's strings are read as UTF-8. */
  run(client: RedisClient, keys: readonly string[], args: readonly Argument[] = []): Promise<unknown> {
    return withText(
      () => client.evalsha(this.#sha1, keys.length, ...keys, ...args),
      () => client.eval(this.#text, keys.length, ...keys, ...args),
    );
  }

  /** As `run`; the reply's strings are buffers. */
  runForBuffers(
    client: RedisClient,
    keys: readonly string[],
    args: readonly Argument[] = [],
  ): Promise<unknown> {
    return withText(
      () => client.callBuffer('evalsha', this.#sha1, keys.length, ...keys, ...args),
      () => client.callBuffer('eval', this.#text, keys.length, ...keys, ...args),
    );
  }
}

async function withText(bySha1: () => Promise<unknown>, byText: () => Promise<unknown>): Promise<unknown> {
  try {
    return await bySha1();
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return byText();
  }
}
