import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { LuaScript } from '#redis/connection/lua-script.js';
import { RedisServer } from '#test/redis-server.js';
import { kept, tidy } from './kept.js';

afterEach(tidy);

function script(text: string): LuaScript {
  const folder = mkdtempSync(join(tmpdir(), 'token-broker-lua-'));
  const file = join(folder, 'a.lua');
  writeFileSync(file, text);
  const read = new LuaScript(pathToFileURL(file));
  rmSync(folder, { recursive: true });
  return read;
}

it('a script is sent whole once, and by its hash after that', async () => {
  const server = kept(await RedisServer.start());
  const echo = script('return { KEYS[1], ARGV[1] }');
  expect(await echo.run(server.client, ['key'], ['one'])).toEqual(['key', 'one']);
  expect(await echo.run(server.client, ['key'], ['two'])).toEqual(['key', 'two']);
  await server.command('SCRIPT', 'FLUSH');
  expect(await echo.run(server.client, ['key'], ['three'])).toEqual(['key', 'three']);
  expect(await server.commandCounts()).toMatchObject({ evalsha: 3, eval: 2 });
});

it('a script that fails is not run a second time', async () => {
  const server = kept(await RedisServer.start());
  const faulty = script("redis.call('INCR', KEYS[1]) return redis.call('NONSENSE')");
  await expect(faulty.run(server.client, ['key'])).rejects.toThrow('Unknown Redis command');
  await expect(faulty.run(server.client, ['key'])).rejects.toThrow('Unknown Redis command');
  expect(await server.client.get('key')).toBe('2');
});
