import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SettingsFolder, someSettings } from '#test/settings-folder.js';

let folder: SettingsFolder;

beforeEach(() => {
  folder = new SettingsFolder();
});
afterEach(() => folder.remove());

describe('a client', () => {
  it.each(['', 'a\nb', 'a\u0007'])('must not have the identifier %j', (clientId) => {
    expect(folder.faults(someSettings({ clientId }))).toEqual([
      'clients.rabot.clientId: must not be empty, and must not have line breaks or other control characters',
    ]);
  });

  it('is warned about white space around its identifier', () => {
    expect(folder.load(someSettings({ clientId: 'client-1 ' })).warnings).toEqual([
      'clients.rabot.clientId: has surrounding white space',
    ]);
  });

  it.each(['DPoP', 'mac', 'N_A', 'pop'])('must not accept the token type %s', (tokenType) => {
    expect(folder.faults(someSettings({ acceptTokenTypes: ['BearerToken', tokenType] }))).toEqual([
      expect.stringMatching(
        /^clients\.rabot\.acceptTokenTypes.*a token type other than DPoP, MAC, PoP and N_A/,
      ),
    ]);
  });

  it('may accept a token type of several words (eBay)', () => {
    expect(() => folder.load(someSettings({ acceptTokenTypes: ['Application Access Token'] }))).not.toThrow();
  });

  it('must not set what the broker sets in a token request', () => {
    expect(
      folder.faults(someSettings({ parameters: { audience: 'x', scope: 'y', grant_type: 'z' } })),
    ).toEqual(['clients.rabot.parameters: must not set grant_type, scope: the broker does']);
  });

  it('must have texts as parameters', () => {
    expect(folder.faults(someSettings({ parameters: { max_age: 5 } }))).toEqual([
      'clients.rabot.parameters: must have texts as values; put numbers into quotes',
    ]);
    expect(folder.faults(someSettings({ parameters: ['audience'] }))).toEqual([
      'clients.rabot.parameters: must be a mapping from parameter names to texts',
    ]);
  });

  it.each([
    [
      { defaultLifetime: 9 },
      'defaultLifetime: must be a whole number from 10 to 86400, in seconds, or a duration such as 10s or 5m',
    ],
    [
      { defaultLifetime: 86_401 },
      'defaultLifetime: must be a whole number from 10 to 86400, in seconds, or a duration such as 10s or 5m',
    ],
    [
      { defaultLifetime: 10.5 },
      'defaultLifetime: must be a whole number from 10 to 86400, in seconds, or a duration such as 10s or 5m',
    ],
    [{ basicEncoding: 'raw' }, 'basicEncoding: must be one of form, none'],
    [
      { timeout: 0.09 },
      'timeout: must be a number from 0.1 to 60, in seconds, or a duration such as 10s or 5m',
    ],
    [
      { timeout: 60.1 },
      'timeout: must be a number from 0.1 to 60, in seconds, or a duration such as 10s or 5m',
    ],
    [
      { timeout: true },
      'timeout: must be a number from 0.1 to 60, in seconds, or a duration such as 10s or 5m',
    ],
    [{ maxTokenRequestsPerMinute: 0 }, 'maxTokenRequestsPerMinute: must be a whole number from 1 to 100000'],
    [
      { maxTokenRequestsPerMinute: 100_001 },
      'maxTokenRequestsPerMinute: must be a whole number from 1 to 100000',
    ],
    [{ renewal: { at: 0.09 } }, 'renewal.at: must be a number from 0.1 to 0.95'],
    [{ renewal: { jitter: 0.21 } }, 'renewal.jitter: must be a number from 0 to 0.2'],
    [
      { renewal: { minRemaining: -1 } },
      'renewal.minRemaining: must be a number from 0 to 3600, in seconds, or a duration such as 10s or 5m',
    ],
    [
      { renewal: { idleAfter: 0 } },
      'renewal.idleAfter: must be a number of 1 or more, in seconds, or a duration such as 10s or 5m',
    ],
    [{ renewal: [] }, 'renewal: must be a mapping'],
    [{ renewal: { at: 0.1, jitter: 0.1 } }, 'renewal.jitter: must be less than `at`'],
  ])('must not have %j', (options, fault) => {
    expect(folder.faults(someSettings(options))).toEqual([`clients.rabot.${fault}`]);
  });

  it('infinite numbers are out of every range', () => {
    const text = JSON.stringify(someSettings({ renewal: { idleAfter: 'INFINITE' } }));
    for (const number of ['.inf', '.nan', '1e999']) {
      expect(folder.faults(text.replace('"INFINITE"', number))).toEqual([
        'clients.rabot.renewal.idleAfter: must be a number of 1 or more, in seconds, or a duration such as 10s or 5m',
      ]);
    }
  });
});

describe('renewal', () => {
  it('is taken field by field: from the client, from the top level, from the defaults', () => {
    const file = someSettings(
      { renewal: { minRemaining: 5 } },
      {},
      {
        renewal: { minRemaining: 30, idleAfter: 120, at: 0.5, jitter: 0 },
      },
    );
    const renewal = folder.load(file).settings.clients.rabot?.renewal;
    expect(renewal?.margin(Infinity)).toBe(5000);
    expect(renewal?.idleAfter).toBe(120_000);
    expect(renewal?.renewAfter(1_000_000, () => 0)).toBe(500_000);
  });

  it('at the top level is for all clients, and its faults are reported once', () => {
    const ofTop = (renewal: object) => someSettings({}, {}, { renewal });
    expect(folder.load(ofTop({ idleAfter: 60 })).settings.clients.rabot?.renewal.idleAfter).toBe(60_000);
    expect(folder.faults(ofTop({ at: 0.1, jitter: 0.2 }))).toEqual([
      'renewal.jitter: must be less than `at`',
    ]);
  });
});

describe('maxTokenRequests and maxLifetime', () => {
  it('are the quotas of a client, of which perMinute replaces maxTokenRequestsPerMinute', () => {
    const maxTokenRequests = { perMinute: 30, perHour: 150, perMonth: 20_000 };
    const { rabot } = folder.load(someSettings({ maxTokenRequests, maxLifetime: '7d' })).settings.clients;
    expect(rabot).toMatchObject({ maxTokenRequestsPerMinute: 30, maxLifetime: 604_800_000 });
    expect(rabot?.quotas).toEqual(maxTokenRequests);
  });

  it('are no quotas and 24 hours by default, and need numbers from 1 and 60 s on', () => {
    const { rabot } = folder.load(someSettings()).settings.clients;
    expect(rabot).toMatchObject({
      maxTokenRequestsPerMinute: 60,
      maxLifetime: 86_400_000,
      quotas: undefined,
    });
    expect(folder.faults(someSettings({ maxTokenRequests: { perHour: 0 }, maxLifetime: 59 }))).toEqual([
      'clients.rabot.maxTokenRequests.perHour: must be a whole number from 1 to 10000000',
      expect.stringMatching(/^clients\.rabot\.maxLifetime: must be a whole number from 60 to 2678400/),
    ]);
  });
});
