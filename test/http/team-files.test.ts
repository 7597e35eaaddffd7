import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { client, consumer, registration } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { until } from '#test/until.js';

it('clients.d holds files of teams: one turns faulty, another is added, and no other token is renewed', async () => {
  const teams = ['one', 'two', 'three'];
  const server = await runningServer({ clients: [...teams, 'added'].map((id) => registration(id)) });
  const own = (clientId: string, fields: object = {}) => client(server, { clientId, ...fields });
  const [first, second] = [someKey(), someKey()];
  const broker = await BrokerProcess.start({
    clients: { rabot: client(server) },
    consumers: { 'order-service': consumer(someKey()) },
  });
  const write = (name: string, entries: object) =>
    writeFileSync(join(broker.folder, name), stringify(entries));
  for (const kind of ['clients.d', 'consumers.d']) mkdirSync(join(broker.folder, kind));
  for (const name of teams) write(`clients.d/${name}.yaml`, { [name]: own(name) });
  write('consumers.d/team.yaml', { team: consumer(first, ['api:partner'], teams) });
  const tokenOf = async (name: string, key = first.key) => {
    const { body } = await broker.get(`/token?client=${name}&scopes=api:partner`, key);
    return body['access_token'];
  };
  await until(async () => (await tokenOf('three')) !== undefined, 'the files are in force');
  const tokens = await Promise.all(teams.map((name) => tokenOf(name)));
  expect([new Set(tokens).size, server.counts.total]).toEqual([3, 3]);

  write('clients.d/two.yaml', { two: own('two', { scopes: ['api partner'] }) });
  write('clients.d/added.yaml', { added: own('added') });
  write('consumers.d/added.yaml', { newcomer: consumer(second, ['api:partner'], ['added']) });
  await until(async () => (await tokenOf('added', second.key)) !== undefined, 'the new file is in force');

  const isOfTwo = (fault: unknown) =>
    /clients\.d\/two\.yaml:\d+:\d+: clients\.two\.scopes/.test(String(fault));
  const line = await broker.logged(({ faults }) => Array.isArray(faults) && faults.some(isOfTwo));
  expect(line).toMatchObject({ level: 'error', msg: expect.stringContaining('former versions') });
  expect(await Promise.all(teams.map((name) => tokenOf(name)))).toEqual(tokens);
  expect(server.counts.total).toBe(4);
});

it(
  'clients.d holds 1,000 files: one turns faulty, another is added, and no other token is renewed',
  { timeout: 120_000 },
  async () => {
    const server = await runningServer();
    const key = someKey();
    const own = (fields: object = {}) => client(server, { maxTokenRequestsPerMinute: 100_000, ...fields });
    const names = Array.from({ length: 1_000 }, (_, n) => `team-${n}`);
    const asked = names.filter((_, n) => n % 25 === 0);
    const broker = await BrokerProcess.start({
      clients: { rabot: client(server) },
      consumers: { 'order-service': consumer(someKey()) },
    });
    const write = (name: string, entries: object) =>
      writeFileSync(join(broker.folder, name), stringify(entries));
    for (const kind of ['clients.d', 'consumers.d']) mkdirSync(join(broker.folder, kind));
    for (const name of names)
      write(`clients.d/${name}.yaml`, { [name]: own({ parameters: { team: name } }) });
    write('consumers.d/team.yaml', { team: consumer(key, ['api:partner'], asked) });
    const tokenOf = async (name: string, asker = key) => {
      const { body } = await broker.get(`/token?client=${name}&scopes=api:partner`, asker.key);
      return body['access_token'];
    };
    await until(async () => (await tokenOf(asked.at(-1)!)) !== undefined, 'the files are in force', 60_000);
    const tokens = await Promise.all(asked.map((name) => tokenOf(name)));
    expect([new Set(tokens).size, server.counts.total]).toEqual([40, 40]);

    const newcomer = someKey();
    write('clients.d/team-25.yaml', { 'team-25': own({ scopes: ['api partner'] }) });
    write('clients.d/added.yaml', { added: own() });
    write('consumers.d/added.yaml', { newcomer: consumer(newcomer, ['api:partner'], ['added']) });
    await until(
      async () => (await tokenOf('added', newcomer)) !== undefined,
      'the new file is in force',
      60_000,
    );
    await broker.logged(({ faults }) => JSON.stringify(faults)?.includes('team-25.yaml') === true);
    expect(await Promise.all(asked.map((name) => tokenOf(name)))).toEqual(tokens);
    expect(server.counts.total).toBe(41);
  },
);
