import type { Redis } from 'ioredis';
import type { RedisServer } from './redis-server.js';

/** Every key with its value. */
export async function dumpOf({ client }: RedisServer): Promise<string> {
  const keys = await client.keys('*');
  const values = await Promise.all(keys.map((key) => valueOf(client, key)));
  return keys.map((key, n) => `${key} ${values[n]}`).join('\n');
}

/** What is sent to Redis and said on its channels, all that while. */
export class WireTap {
  readonly #lines: string[] = [];

  private constructor(private readonly connections: readonly Redis[]) {}

  static async on({ client }: RedisServer): Promise<WireTap> {
    const monitor = (await client.monitor()).on('error', () => {});
    const listener = client.duplicate().on('error', () => {});
    const tap = new WireTap([monitor, listener]);
    monitor.on('monitor', (_time: string, args: string[]) => tap.#lines.push(args.join(' ')));
    listener.on('pmessageBuffer', (_pattern: string, channel: Buffer, message: Buffer) =>
      tap.#lines.push(`said on ${channel.toString()}: ${message.toString('latin1')}`),
    );
    await listener.psubscribe('*');
    return tap;
  }

  get text(): string {
    return this.#lines.join('\n');
  }

  close(): void {
    for (const connection of this.connections) connection.disconnect();
  }
}

async function valueOf(client: Redis, key: string): Promise<string> {
  const type = await client.type(key);
  if (type === 'string') return String((await client.getBuffer(key))?.toString('latin1'));
  if (type === 'zset') return String(await client.call('zrange', key, 0, -1, 'WITHSCORES'));
  if (type === 'hash') {
    const fields = Object.entries(await client.hgetallBuffer(key));
    return fields.map(([name, value]) => `${name} ${String(value?.toString('latin1'))}`).join(' ');
  }
  if (type === 'none') return 'is gone';
  throw new Error(`${key} is a ${type}, which nobody is known to need`);
}
