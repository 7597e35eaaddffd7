import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { presetNames, presetOf } from '../../apps/broker/src/settings/presets.js';
import { SettingsFolder } from '#test/settings-folder.js';
import { toolRun } from './tool-run.js';

const main = fileURLToPath(new URL('../../dist/broker/main.js', import.meta.url));
const patience = { timeout: 60_000 };
let folder: SettingsFolder;

beforeAll(() => {
  folder = new SettingsFolder();
  folder.write('client-secret', 'not-a-real-secret');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  folder.write('client-key', privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
});
afterAll(() => folder.remove());

const flags = {
  preset: 'none',
  'token-endpoint': 'https://auth.example/token',
  'client-id': 'client-1',
  'secret-file': 'client-secret',
  scopes: 'api:read api:write',
  consumer: 'orders',
};

function options(changed: Record<string, string | undefined> = {}): string[] {
  return Object.entries({ ...flags, ...changed }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  );
}

describe('init', patience, () => {
  it('writes settings without fault, whose consumer has the key that the curl sends', async () => {
    const file = join(folder.path, 'made.yaml');
    const run = await toolRun(['init', file, ...options(), '--json']);
    const made = JSON.parse(run.stdout) as { key: string; hash: string; curl: string };
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(made.curl).toContain(`Bearer ${made.key}`);

    const text = readFileSync(file, 'utf8');
    const { settings, warnings } = folder.load(text);
    expect(warnings).toEqual([]);
    expect(settings.consumers['orders']?.keys).toEqual([{ hash: made.hash }]);
    expect(String(settings.clients['main']?.scopes)).toBe('api:read api:write');
    expect(text).not.toContain(made.key);
    expect(text).toMatch(/^# .*Check it with: token-broker check/m);
  });

  it.each(presetNames)('writes settings that the preset %s completes', async (preset) => {
    const file = join(folder.path, `${preset}.yaml`);
    const { yours, settings } = presetOf(preset)!;
    const isKnown = settings['tokenEndpoint'] !== undefined;
    const filled = yours?.tokenEndpoint?.replaceAll(/[A-Z]{4,}/g, 'acme') ?? flags['token-endpoint'];
    const signs = settings['grant'] === 'jwt-bearer';
    const run = await toolRun([
      'init',
      file,
      ...options({
        preset,
        'token-endpoint': isKnown ? undefined : filled,
        scopes: yours?.scopes ?? 'a',
        'secret-file': undefined,
        ...(signs
          ? { 'private-key-file': 'client-key', 'key-id': 'key-1' }
          : { 'secret-variable': 'CLIENT_SECRET' }),
      }),
    ]);
    expect(run).toMatchObject({ status: 0 });
    const text = readFileSync(file, 'utf8');
    const client = folder.load(text, { CLIENT_SECRET: 'not-a-real-secret' }).settings.clients[preset];
    expect(client?.preset).toBe(preset);
    expect(client?.tokenEndpoint).toBe(isKnown ? settings['tokenEndpoint'] : filled);
    const written = (parse(text) as { clients: Record<string, object> }).clients[preset];
    expect(Object.keys(settings).filter((name) => name in written!)).toEqual([]);
    expect(text.includes(`# ${yours?.comment}`)).toBe(yours?.comment !== undefined);
  });

  it.each([
    ['a$ {b: "c', 'a$ {b: "c'],
    ['${HOME}', '${HOME}'],
    ['yes', 'yes'],
    ['0123', '0123'],
  ])('writes the client id %j so that it is read as it is', async (clientId, read) => {
    const file = join(folder.path, 'odd.yaml');
    await toolRun(['init', file, ...options({ 'client-id': clientId }), '--force']);
    expect(folder.load(readFileSync(file, 'utf8')).settings.clients['main']?.clientId).toBe(read);
  });

  it('replaces no file unless it is forced to', async () => {
    const file = folder.write('kept.yaml', 'kept: true\n');
    expect(await toolRun(['init', file, ...options()])).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('already exists; --force replaces it'),
    });
    expect(readFileSync(file, 'utf8')).toBe('kept: true\n');
    expect(await toolRun(['init', file, ...options(), '--force'])).toMatchObject({ status: 0 });
    expect(parse(readFileSync(file, 'utf8'))).toHaveProperty('clients');
  });

  it.each([
    [
      { 'client-id': undefined, 'secret-file': undefined },
      /no terminal to ask questions on; set --client-id, --secret-file/,
    ],
    [{ preset: 'salesfroce' }, /--preset must be one of .*; did you mean salesforce\?/],
    [{ preset: 'entra', 'token-endpoint': undefined }, /set --token-endpoint/],
    [{ preset: 'google' }, /set --private-key-file, --key-id/],
    [
      { 'token-endpoint': 'https://DOMAIN.okta.com/oauth2/default/v1/token' },
      /--token-endpoint must have your own value in place of DOMAIN/,
    ],
    [{ 'token-endpoint': 'http://auth.example' }, /--token-endpoint must be an https URL/],
    [{ 'secret-variable': 'A' }, /choose one of --secret-file and --secret-variable/],
    [{ scopes: 'a"b' }, /--scopes must be scopes/],
    [{ consumer: 'a b' }, /--consumer must be 1 to 63/],
  ])('with %j says what is missing or wrong, and writes nothing', async (changed, words) => {
    const file = join(folder.path, 'never.yaml');
    const run = await toolRun(['init', file, ...options(changed)]);
    expect(run).toMatchObject({ status: 64, stdout: '' });
    expect(run.stderr.split('\n')[0]).toMatch(words);
    expect(existsSync(file)).toBe(false);
  });

  it('asks at a terminal, and asks again after an answer that cannot be right', async () => {
    const file = join(folder.path, 'asked.yaml');
    const turns: [asked: RegExp, answer: string][] = [
      [/Preset for /, 'okta'],
      [/Token endpoint/, ''],
      [/in place of DOMAIN[^]*Token endpoint/, 'https://id.example/token'],
      [/Client id/, 'client-1'],
      [/File that holds/, '$SECRET'],
      [/Scopes assigned/, 'api'],
      [/Name of your service/, 'a b'],
      [/must be 1 to 63[^]*Name of your service/, 'orders'],
    ];
    const { promise, resolve } = Promise.withResolvers<string>();
    const command = `${process.execPath} ${main} init ${file}`;
    const child = execFile('script', ['-qec', command, '/dev/null'], (_, stdout) => resolve(stdout));
    let unanswered = '';
    child.stdout?.on('data', (text: string) => {
      unanswered += text;
      const [asked, answer] = turns[0] ?? [/^$/, ''];
      if (!asked.test(unanswered)) return;
      unanswered = '';
      turns.shift();
      child.stdin?.write(`${answer}\n`);
    });
    const output = await promise;
    expect(output).toContain('must have your own value in place of DOMAIN');
    expect(output).toContain('must be 1 to 63 letters');
    expect(output).toMatch(/curl -sH 'Authorization: Bearer tbk_/);
    expect(parse(readFileSync(file, 'utf8'))).toMatchObject({
      clients: {
        okta: { preset: 'okta', tokenEndpoint: 'https://id.example/token', clientSecret: '${SECRET}' },
      },
      consumers: { orders: { allow: [{ client: 'okta', scopes: ['api'] }] } },
    });
  });
});
