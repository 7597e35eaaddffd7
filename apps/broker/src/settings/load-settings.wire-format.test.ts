import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '#tokens/model/clock.js';
import { SettingsFolder, someSettings } from '#test/settings-folder.js';
import { connectClient } from '../core/connected-client.js';

let folder: SettingsFolder;

beforeEach(() => {
  folder = new SettingsFolder();
});
afterEach(() => folder.remove());

const clientOf = (fields: Record<string, unknown>) =>
  folder.load(someSettings(fields)).settings.clients.rabot!;

async function identityOf(fields: Record<string, unknown>): Promise<string> {
  const connected = await connectClient(clientOf(fields), new SystemClock(), {});
  await connected.server.close();
  return connected.identity;
}

describe('headers', () => {
  it('may come from files, and are known by their names in lower case', () => {
    const file = folder.write('key', 'not-a-real-key\n');
    const { headers = {} } = clientOf({ headers: { 'X-Api-Key': { file }, 'x-tenant': 'example' } });
    const revealed = Object.entries(headers).map(([name, value]) => [name, value.reveal()]);
    expect(revealed).toEqual([
      ['x-api-key', 'not-a-real-key'],
      ['x-tenant', 'example'],
    ]);
  });

  it('are part of the request key', async () => {
    const [none, one, other] = await Promise.all([
      identityOf({}),
      identityOf({ headers: { 'x-tenant': 'one' } }),
      identityOf({ headers: { 'x-tenant': 'other' } }),
    ]);
    expect(new Set([none, one, other]).size).toBe(3);
    expect(await identityOf({ headers: {} })).toBe(none);
  });

  it.each<[unknown, string]>([
    [{ Authorization: 'x' }, 'clients.rabot.headers: must not set Authorization: the broker does'],
    [{ 'a b': 'x' }, 'clients.rabot.headers: must have names of HTTP headers as keys'],
    [{ 'x-a': 'x', 'X-A': 'y' }, 'clients.rabot.headers: must not have a header twice'],
    [
      { 'x-a': 1 },
      'clients.rabot.headers: must have texts or { file: PATH } as values; put numbers into quotes',
    ],
    [{ 'x-a': 'line\nbreak' }, 'clients.rabot.headers.x-a: must be 1 to 8192 visible ASCII characters'],
    ['x', 'clients.rabot.headers: must be a mapping from header names'],
  ])('%j is a fault', (headers, fault) => {
    expect(folder.faults(someSettings({ headers }))).toEqual([expect.stringContaining(fault)]);
  });
});

describe('bodyFormat, scopeSeparator and responseFields', () => {
  it.each<[object, string]>([
    [{ bodyFormat: 'xml' }, 'clients.rabot.bodyFormat: must be one of form, json'],
    [{ scopeSeparator: 'and' }, 'clients.rabot.scopeSeparator: must be one of'],
    [{ responseFields: { token: 'x' } }, 'clients.rabot.responseFields: must have access_token, token_type'],
    [{ responseFields: { access_token: 'data..token' } }, 'clients.rabot.responseFields: must have names'],
    [{ responseFields: [] }, 'clients.rabot.responseFields: must be a mapping'],
  ])('%j is a fault', (fields, fault) => {
    expect(folder.faults(someSettings({ ...fields }))).toEqual([expect.stringContaining(fault)]);
  });
});
