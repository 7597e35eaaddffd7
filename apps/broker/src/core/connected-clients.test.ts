import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '#tokens/model/clock.js';
import { SettingsFolder, someKey } from '#test/settings-folder.js';
import { connectClient, type ConnectedClient } from './connected-client.js';
import { connectedClients, type ConnectedClients } from './connected-clients.js';

let folder: SettingsFolder;
let made: string[];

beforeEach(() => {
  folder = new SettingsFolder();
  made = [];
});
afterEach(() => folder.remove());

const base = {
  tokenEndpoint: 'https://auth.example/token',
  clientId: 'one',
  clientSecret: { file: 'secret' },
  headers: { 'x-api-key': { file: 'api-key' } },
  scopes: ['a', 'b'],
};
const names = ['first', 'second', 'third'];
const same = () => Object.fromEntries(names.map((name) => [name, base]));

async function load(
  clients: object,
  former: Partial<ConnectedClients> = {},
  { top = {}, trial = '' }: { top?: object; trial?: string } = {},
): Promise<ConnectedClients> {
  const consumers = { orders: { keys: [someKey], allow: [{ client: 'first', scopes: ['a'] }] } };
  const { settings } = folder.load({ clients, consumers, ...top });
  return connectedClients(settings, {
    made: [...(former.clients ?? []), ...(former.onTrial ?? [])],
    former: former.clients ?? [],
    connect: (one) => {
      made.push(one.name);
      return connectClient(one, new SystemClock(), {});
    },
    needsTrial: async ({ name }) => name === trial,
  });
}

const byName = ({ clients }: ConnectedClients): Record<string, ConnectedClient> =>
  Object.fromEntries(clients.map((client) => [client.name, client]));

describe('the clients of a changed version of the settings', () => {
  beforeEach(() => {
    for (const name of ['secret', 'api-key']) folder.write(name, 'not-a-real-secret');
  });

  it('are the same objects in their order, with their connections, where nothing of them has changed', async () => {
    const before = await load(same());
    expect([before.clients.map(({ name }) => name), made.toSorted()]).toEqual([names, names]);
    made = [];
    const { third: _, ...rest } = same();
    const after = await load({ ...rest, second: { ...base, timeout: 5 }, added: base }, before);
    expect(made.toSorted()).toEqual(['added', 'second']);
    expect(byName(after)['first']).toBe(byName(before)['first']);
    expect(after.clients.map(({ name }) => name)).toEqual(['first', 'second', 'added']);
  });

  it.each<[string, () => unknown]>([
    ['its secret', () => folder.write('secret', 'another')],
    ['a header', () => folder.write('api-key', 'another')],
  ])('are made anew when the file of %s holds something else', async (_, change) => {
    const before = await load(same());
    made = [];
    change();
    await load(same(), before);
    expect(made.toSorted()).toEqual(names);
  });

  it.each<[string, object]>([
    ['renewal', { renewal: { at: 0.5 } }],
    ['proxy', { proxy: 'http://127.0.0.1:3128' }],
    ['another consumer', {}],
  ])('follow what they take from the top level: %s', async (name, top) => {
    const before = await load(same());
    made = [];
    await load(same(), before, { top });
    expect(made.toSorted()).toEqual(name === 'another consumer' ? [] : names);
  });

  it.each<[string, unknown]>([
    ['clientId', 'two'],
    ['scopes', ['a', 'b', 'c']],
    ['requiredScopes', ['a']],
    ['impliedScopes', { a: ['b'] }],
    ['parameters', { audience: 'x' }],
    ['resources', ['https://api.example']],
    ['maxTokenRequestsPerMinute', 61],
    ['maxTokenRequests', { perHour: 10 }],
    ['renewal', { at: 0.5 }],
    ['preload', [['a']]],
    ['expiresAt', '2099-01-01'],
    ['oneTokenPerClient', true],
    ['basicEncoding', 'none'],
  ])('are made anew for another %s', async (field, value) => {
    const before = await load(same());
    made = [];
    await load({ ...same(), first: { ...base, [field]: value } }, before);
    expect(made).toEqual(['first']);
  });

  it('keep the former credential during a trial, and neither is made twice', async () => {
    const before = await load(same());
    const changed = { ...same(), first: { ...base, clientSecret: 'another' } };
    const during = await load(changed, before, { trial: 'first' });
    expect(during.onTrial.map(({ name }) => name)).toEqual(['first']);
    expect(byName(during)['first']?.identity).toBe(byName(before)['first']?.identity);
    made = [];
    const still = await load(changed, during, { trial: 'first' });
    expect(made).toEqual([]);
    expect([byName(still)['first'], still.onTrial]).toEqual([byName(during)['first'], during.onTrial]);
    const accepted = await load(changed, still);
    expect(byName(accepted)['first']).toBe(during.onTrial[0]);
  });
});
