import { LuaScript } from './lua-script.js';
import type { RedisClient } from './redis-connections.js';
import type { RedisKeys } from './redis-keys.js';

export interface Entry {
  /** Milliseconds that it has left. */
  life: number;
  value: Buffer;
}

/**
 * Bytes of the longest entry that a replica writes: an access token (64 KiB at most) and its scopes (4 KiB), sealed.
 * A writer to Redis must not make a replica read 500 MB.
 */
export const longestEntry = 128 * 1024;

const readEntriesScript = new LuaScript(new URL('./read-entries.lua', import.meta.url));
const removeWrongType = new LuaScript(new URL('./remove-wrong-type.lua', import.meta.url));

/**
 * Reads strings of one slot in one round trip, and removes those that no replica has written: too long, or without an
 * end to their life. `onRemoved` is called when there were any.
 */
export async function readEntries(
  redis: RedisClient,
  keys: readonly string[],
  onRemoved: () => void,
): Promise<(Entry | undefined)[]> {
  const [removed, ...reply] = (await readEntriesScript.runForBuffers(redis, keys, [longestEntry])) as [
    number,
    ...(number | Buffer | null)[],
  ];
  if (removed > 0) onRemoved();
  return keys.map((_, n) => {
    const [life, value] = [reply[2 * n], reply[2 * n + 1]];
    return Buffer.isBuffer(value) ? { life: Number(life), value } : undefined;
  });
}

/**
 * Removes the keys of a command that Redis refused because one of them is of another type: no replica has written that,
 * and it would block the key for good. Returns whether there was any.
 */
export async function removeWrongTypes(
  redis: RedisClient,
  keys: RedisKeys,
  error: unknown,
): Promise<boolean> {
  if (!(error instanceof Error) || !/\bWRONGTYPE\b/.test(error.message)) return false;
  const { command } = error as { command?: { args: readonly unknown[] } };
  const names = command?.args.map(String).filter((arg) => keys.typeOf(arg) !== undefined) ?? [];
  const removed = await Promise.all(
    names.map((name) => removeWrongType.run(redis, [name], [keys.typeOf(name)!])),
  );
  return removed.includes(1);
}
