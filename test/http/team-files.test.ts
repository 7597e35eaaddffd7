import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { client, consumer } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { until } from '#test/until.js';

it('clients.d holds files of teams: one turns faulty, another is added, and no other token is renewed', async () => {
  const server = await runningServer();
  const [first, second] = [someKey(), someKey()];
  const broker = await BrokerProcess.start({
    clients: { rabot: client(server) },
    consumers: { 'order-service': consumer(someKey()) },
  });
  const write = (name: string, entries: object) =>
    writeFileSync(join(broker.folder, name), stringify(entries));
  for (const kind of ['clients.d', 'consumers.d']) mkdirSync(join(broker.folder, kind));
  for (let n = 0; n < 10; n++) write(`clients.d/${n}.yaml`, { [`client-${n}`]: client(server) });
  const names = ['client-1', 'client-5', 'client-9'];
  write('consumers.d/team.yaml', { team: consumer(first, ['api:partner'], names) });
  const tokenOf = async (name: string, key = first.key) => {
    const { body } = await broker.get(`/token?client=${name}&scopes=api:partner`, key);
    return body['access_token'];
  };
  await until(async () => (await tokenOf('client-9')) !== undefined, 'the files are in force');
  const tokens = await Promise.all(names.map((name) => tokenOf(name)));
  const requests = server.counts.total;

  write('clients.d/5.yaml', { 'client-5': client(server, { scopes: ['api partner'] }) });
  write('clients.d/new.yaml', { new: client(server) });
  write('consumers.d/new.yaml', { newcomer: consumer(second, ['api:partner'], ['new']) });
  await until(async () => (await tokenOf('new', second.key)) !== undefined, 'the new file is in force');

  const line = await broker.logged(({ level, faults }) => level === 'error' && faults !== undefined);
  expect(line['faults']).toEqual([
    expect.stringMatching(/clients\.d\/5\.yaml:\d+:\d+: clients\.client-5\.scopes/),
  ]);
  expect(await Promise.all(names.map((name) => tokenOf(name)))).toEqual(tokens);
  expect(server.counts.total).toBe(requests + 1);
});
