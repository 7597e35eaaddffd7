import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { atEndOfAll } from '#test/at-end.js';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { client, consumer } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { SettingsFolder } from '#test/settings-folder.js';
import { toolRun } from '../tool/tool-run.js';

const page = readFileSync(new URL('../../docs/reference/audit.md', import.meta.url), 'utf8');
const schema = JSON.parse(/```json\n([\s\S]*?)```/.exec(page)![1]!) as object;
const validate = new Ajv2020({ strict: false }).compile(schema);

const atEnd = atEndOfAll();
const [key, next, operatorKey] = [someKey(), someKey(), someKey()];
const chainKey = Buffer.alloc(32, 'not-a-real-key').toString('base64');
let folder: SettingsFolder;
let settings: Record<string, unknown>;
let lines: Record<string, unknown>[];
/** The log of two runs, each in a file, as rotation leaves them. */
let logs: string[];

/** Serves, refuses, renews by an operator, and stops. */
async function someLife(): Promise<string> {
  const broker = await BrokerProcess.start(settings, { atEnd });
  for (const one of [key, next]) await broker.get('/token?scopes=api:partner', one.key);
  await broker.get('/token?scopes=role:finance-reporting', key.key);
  await broker.get('/token', 'not-a-key');
  for (const authorization of [`Bearer ${operatorKey.key}`, 'Bearer wrong']) {
    await fetch(`${broker.management}/api/tokens/renew`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ client: 'rabot', scopes: ['api:partner'] }),
    });
  }
  broker.signal('SIGINT');
  await broker.exited();
  return broker.output;
}

beforeAll(async () => {
  folder = new SettingsFolder();
  atEnd(async () => folder.remove());
  const server = await runningServer({}, atEnd);
  settings = {
    audit: { chain: true, key: chainKey },
    management: {
      host: '127.0.0.1',
      port: 0,
      authentication: { bearer: { deployment: { keys: [operatorKey.hash], role: 'operator' } } },
    },
    clients: { rabot: client(server) },
    consumers: { 'order-service': { ...consumer(key), keys: [key.hash, next.hash] } },
  };
  const texts = [await someLife(), await someLife()];
  logs = texts.map((text, n) => folder.write(`broker.log.${n}`, text));
  lines = texts
    .join('')
    .split('\n')
    .filter((line) => line.includes('"audit":'))
    .map((line) => JSON.parse(line));
}, 60_000);

const verify = (files: string[], ...options: string[]) =>
  toolRun(['audit', 'verify', '--key-file', folder.write('key', chainKey), ...options, ...files]);

describe('the audit', () => {
  it('has lines that are as its documented schema says, and all kinds of them', () => {
    for (const line of lines) expect([validate(line), validate.errors, line]).toEqual([true, null, line]);
    const kinds = new Set(lines.map(({ audit, by }) => `${by ?? 'consumer'} ${audit}`));
    expect(kinds).toEqual(
      new Set([
        'consumer head',
        'consumer served',
        'consumer access_denied',
        'consumer invalid_client',
        'operator slow_down',
        'operator invalid_client',
      ]),
    );
  });

  it('says which key of two was shown, from where, and by which rule', () => {
    const served = lines.filter(({ audit }) => audit === 'served').slice(0, 2);
    const common = {
      address: '127.0.0.1',
      consumer: 'order-service',
      rule: 'allow[0]',
      service: 'token-broker',
    };
    expect(served).toMatchObject([
      { ...common, credential: 'keys[0]', key: key.hash.slice(7, 19) },
      { ...common, credential: 'keys[1]', key: next.hash.slice(7, 19) },
    ]);
    expect(lines).toContainEqual(expect.objectContaining({ by: 'operator', operator: 'deployment' }));
  });
});

describe('audit.chain', () => {
  it('is whole across a restart and rotated files', async () => {
    const { status, stdout } = await verify(logs);
    expect({ status, stdout }).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('in 2 chains, 0 findings'),
    });
    const moved = readFileSync(logs[0]!, 'utf8').split('\n');
    const parts = [moved.slice(0, 5), moved.slice(5)].map((part, n) =>
      folder.write(`part.${n}`, part.join('\n')),
    );
    expect((await verify([...parts, logs[1]!])).status).toBe(0);
    expect((await verify([parts[0]!], '--partial')).status).toBe(0);
  });

  it('shows a line that was dropped or altered, with its place', async () => {
    const text = readFileSync(logs[0]!, 'utf8');
    const all = text.split('\n');
    const at = all.findIndex((line) => line.includes('"access_denied"'));
    const file = join(folder.path, 'altered.log');
    writeFileSync(file, all.toSpliced(at, 1).join('\n'));
    const dropped = await verify([file]);
    expect(dropped).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/altered\.log:\d+: missing: line \d+ is missing/),
    });
    writeFileSync(file, text.replace('"audit":"access_denied"', '"audit":"served"'));
    expect(await verify([file])).toMatchObject({ status: 1, stdout: expect.stringContaining('altered') });
    const other = await toolRun([
      'audit',
      'verify',
      '--key-file',
      folder.write('other', Buffer.alloc(32, 1).toString('base64')),
      ...logs,
    ]);
    expect(other).toMatchObject({ status: 1, stdout: expect.stringContaining('another key') });
  });

  it('is verified with the key of the settings, and needs one', async () => {
    const file = folder.write('settings.yaml', settings);
    expect((await toolRun(['audit', 'verify', '--config', file, ...logs])).status).toBe(0);
    expect((await toolRun(['audit', 'verify', ...logs])).status).toBe(64);
    expect((await toolRun(['audit', 'verify'])).status).toBe(64);
    expect(folder.faults({ ...settings, audit: { chain: true } })).toEqual([
      'audit.key: must be set for `chain`, unless `store.redis` has encryption keys',
    ]);
  });
});

describe('audit.fields', () => {
  it.each([
    [
      'ecs',
      {
        'event.action': 'served',
        'user.name': 'order-service',
        'client.ip': '127.0.0.1',
        'service.name': 'token-broker',
      },
    ],
    [
      'otel',
      {
        'event.name': 'served',
        'user.name': 'order-service',
        'client.address': '127.0.0.1',
        'service.name': 'token-broker',
      },
    ],
  ])('%s has the names of that convention', async (fields, expected) => {
    const broker = await BrokerProcess.start({ ...settings, audit: { fields } });
    await broker.get('/token?scopes=api:partner', key.key);
    const line = await broker.logged((one) => one['token_broker.token'] !== undefined);
    expect(line).toMatchObject({
      ...expected,
      'token_broker.client': 'rabot',
      'token_broker.key': key.hash.slice(7, 19),
    });
    expect(line).not.toHaveProperty('audit');
  });
});
