import { describe, expect, it } from 'vitest';
import { consumerName, credentialLine } from './assets/consumer-words.js';
import { clientSentence, credentialWords, spendingWords } from './assets/client-words.js';
import { curlOf } from './assets/curl.js';
import { daySentence } from './assets/day-chart.js';
import { inOrder } from './assets/token-order.js';
import { consumersByToken, tokenFilter } from './assets/token-search.js';
import { barSentence, failureSentence, tokenState } from './assets/token-words.js';
import { troubles } from './assets/troubles.js';

const now = Date.UTC(2026, 10, 23, 12);
const at = (seconds: number) => new Date(now + seconds * 1000).toISOString();

const fresh = {
  id: 'a1',
  client: 'rabot',
  scopes: ['api:partner'],
  resources: [],
  fingerprint: '0123456789ab',
  issuedAt: at(-600),
  renewAt: at(2280),
  expiresAt: at(3000),
};
const failure = { at: at(-12), reason: 'unavailable', message: 'the authorization server answered 503' };
const budget = { perMinute: 60, used: 1 };
const fine = {
  store: { kind: 'redis', state: 'up' },
  settings: { state: 'in force', since: at(-60) },
  clients: [{ name: 'rabot', state: 'fine', budget }],
  byClient: new Map([['rabot', [fresh]]]),
};

describe('the words for a consumer', () => {
  const line = (fields: object) =>
    credentialLine(
      { place: 'keys[0]', fingerprint: '0123456789ab', served: 3, ...fields },
      now,
      () => 'never',
    );

  it('say which credential was used, and when it has to be replaced', () => {
    expect(line({})).toBe('keys[0] 0123456789ab: 3, never');
    expect(line({ expiresAt: at(3 * 86_400), replaceBy: at(-86_400) })).toBe(
      'keys[0] 0123456789ab: 3, never, expires in 3 days, too old since 1 day ago',
    );
    expect(line({ expiresAt: at(-60), replaceBy: at(86_400) })).toBe(
      'keys[0] 0123456789ab: 3, never, expired 60 seconds ago, replace in 1 day',
    );
  });

  it('say that `allow` is not enforced', () => {
    expect(consumerName({ name: 'orders', mode: 'audit' })).toBe('orders (mode: audit)');
    expect(consumerName({ name: 'orders' })).toBe('orders');
  });
});

describe('the state of a token', () => {
  it.each([
    ['fresh', {}],
    ['due', { renewAt: at(-1) }],
    ['failing', { renewAt: at(-15), lastFailure: failure }],
    ['fresh', { lastFailure: failure }],
    ['expired', { expiresAt: at(-1), lastFailure: failure }],
    ['renewing', { holder: 'broker-a', lastFailure: failure }],
    ['none', { fingerprint: undefined }],
    ['fresh', { lastFailure: { ...failure, at: at(-700) } }],
  ])('is %s with %j', (name, fields) => {
    expect(tokenState({ ...fresh, ...fields }, now).name).toBe(name);
  });

  it('is a sentence for screen readers', () => {
    const sentence = barSentence({ ...fresh, lastFailure: failure }, now);
    for (const part of ['10 minutes ago', 'in 38 minutes', 'in 50 minutes', 'failed', '12 seconds ago']) {
      expect(sentence).toContain(part);
    }
  });

  it('comes with why the last attempt failed, and when the next one is', () => {
    expect(failureSentence({ ...fresh, lastFailure: failure, dueAt: at(8) }, now)).toBe(
      'The last attempt failed 12 seconds ago (unavailable): The authorization server answered 503. Next attempt in 8 seconds.',
    );
    expect(failureSentence({ ...fresh, lastFailure: failure }, now, failure.message)).toBe(
      'The last attempt failed 12 seconds ago (unavailable), for the reason above.',
    );
    expect(failureSentence(fresh, now)).toBeUndefined();
  });
});

describe('the state of a client', () => {
  it('is described in words, with the code of the authorization server once and until when', () => {
    const refused = { state: 'refused', upstreamError: 'invalid_client', until: at(25) };
    const sentence = clientSentence({ ...refused, reason: 'Client authentication failed' }, now);
    expect(sentence).toContain('Client authentication failed (invalid_client).');
    expect(sentence).toContain('in 25 seconds');
    expect(clientSentence({ ...refused, reason: 'it said invalid_client' }, now)).not.toContain(
      '(invalid_client)',
    );
    expect(clientSentence({ state: 'fine' }, now)).toBeUndefined();
  });
});

describe('what needs attention', () => {
  const keys = (report: object) => troubles({ ...fine, ...report }, now).map(({ key }) => key);

  const tokens = (fields: object) => ({ byClient: new Map([['rabot', [{ ...fresh, ...fields }]]]) });

  it('is nothing while all is well', () => {
    expect(keys({})).toEqual([]);
  });

  it('is the store, a refused client, one that cools down, refused settings: the worst first', () => {
    const clients = [
      { name: 'a', state: 'cooling down', budget },
      { name: 'b', state: 'refused', budget },
    ];
    const store = { kind: 'redis', state: 'down', since: at(-3) };
    const settings = { state: 'last change refused', since: at(-3) };
    expect(keys({ clients, store, settings })).toEqual(['store', 'refused b', 'cooling down a', 'settings']);
  });

  it('is grave unless it is transient', () => {
    const grave = (state: string) =>
      troubles({ ...fine, clients: [{ name: 'a', state, budget }] }, now).map(({ isGrave }) => isGrave);
    expect([grave('refused'), grave('cooling down')]).toEqual([[true], [false]]);
  });

  it('is a token that fails or has expired, and a budget that is nearly used up', () => {
    expect(keys(tokens({ renewAt: at(-15), lastFailure: failure }))).toEqual(['tokens rabot']);
    expect(keys(tokens({ expiresAt: at(-1) }))).toEqual(['tokens rabot']);
    const clients = [{ name: 'rabot', state: 'fine', budget: { perMinute: 60, used: 45 } }];
    expect(keys({ clients })).toEqual(['budget rabot']);
  });
});

describe('the filter', () => {
  const entitlements = [
    { consumer: 'order-service', client: 'rabot', scopes: ['api:partner', 'create:orders'] },
    { consumer: 'ledger', client: 'rabot', scopes: ['create:orders'] },
    { consumer: 'crm', client: 'another', scopes: ['api:partner'] },
  ];
  const finds = (text: string) => tokenFilter(text, entitlements)(fresh);

  it('finds tokens that have all the words somewhere, whatever their case', () => {
    expect(finds('')).toBe(true);
    expect(finds('RAB  partner')).toBe(true);
    expect(finds('0123')).toBe(true);
    expect(finds('rabot orders')).toBe(false);
  });

  it('finds tokens by the consumers that may have them', () => {
    expect(consumersByToken(entitlements)(fresh)).toEqual(['order-service']);
    expect([finds('order-service'), finds('ledger'), finds('crm')]).toEqual([true, false, false]);
  });
});

describe('the order of tokens', () => {
  const named = (id: string, fields: object) => ({ ...fresh, id, ...fields });

  it('has failing ones first, then what expires next', () => {
    const tokens = [
      named('late', { expiresAt: at(9_000) }),
      named('soon', { expiresAt: at(3_000) }),
      named('failing', { renewAt: at(-1), lastFailure: failure, expiresAt: at(5_000) }),
      named('expired', { expiresAt: at(-1) }),
      named('due', { renewAt: at(-1), expiresAt: at(9_000) }),
    ];
    const [group] = inOrder([{ name: 'rabot', state: 'fine' }], new Map([['rabot', tokens]]), now);
    expect(group!.tokens.map(({ id }) => id)).toEqual(['expired', 'failing', 'due', 'soon', 'late']);
    expect(group!.failing).toBe(2);
  });

  it('has the clients in the same order, a refused one before all others', () => {
    const clients = ['empty', 'late', 'soon', 'failing', 'refused'].map((name) => ({
      name,
      state: name === 'refused' ? 'refused' : 'fine',
    }));
    const byClient = new Map([
      ['late', [named('a', { expiresAt: at(9_000) })]],
      ['soon', [named('b', { expiresAt: at(3_000) })]],
      ['failing', [named('c', { expiresAt: at(-1) })]],
    ]);
    const names = inOrder(clients, byClient, now).map(({ client }) => client.name);
    expect(names).toEqual(['refused', 'failing', 'soon', 'late', 'empty']);
  });
});

describe('the curl of a token', () => {
  it('requests it by an API key of the environment, and is quoted for a shell', () => {
    const token = { client: "it's", scopes: ['api:partner', 'a b'], resources: ['https://api.example/x'] };
    expect(curlOf(token, 'http://broker:8080/')).toBe(
      `curl -sH "Authorization: Bearer $TOKEN_BROKER_KEY" 'http://broker:8080/token?client=it%27s&scopes=api:partner+a%20b&resource=https://api.example/x'`,
    );
  });
});

describe('the curl of a token with authorization details', () => {
  it('asks for them', () => {
    const token = { client: 'c', scopes: [], resources: [], authorizationDetails: [{ type: "it's" }] };
    expect(curlOf(token, 'http://broker:8080')).toContain(
      'authorization_details=%5B%7B%22type%22:%22it%27s%22%7D%5D',
    );
  });
});

describe('the last 24 hours of a token', () => {
  it('are a sentence for screen readers', () => {
    const day = [
      { from: at(-7_200), renewed: 2, failed: 0 },
      { from: at(-1_800), renewed: 1, failed: 3 },
    ];
    expect(daySentence(day, now)).toMatch(
      /^Last 24 hours: 3 renewals, 3 failed attempts, the last after \d\d:\d\d:\d\d$/,
    );
    expect(daySentence([], now)).toBe('Last 24 hours: 0 renewals, 0 failed attempts');
  });
});

describe('the words about a credential', () => {
  it.each([
    [undefined, {}],
    [undefined, { credential: 1, credentialExpiresAt: at(31 * 86_400) }],
    ['Credential expires in 7 days', { credential: 1, credentialExpiresAt: at(7 * 86_400) }],
    ['Credential expired', { credentialExpiresAt: at(-1) }],
    [
      'Changed credential refused: the former one is in use. Credential expires in 1 day',
      { changedCredential: 'refused', credentialExpiresAt: at(86_400) },
    ],
  ])('are %s', (words, fields) => {
    expect(credentialWords(fields, now)).toBe(words);
  });
});

it('the words about what is spent name quotas, and what the server grants', () => {
  expect(spendingWords({ budget })).toBe('1 of 60 token requests in the last minute');
  const quotas = [{ window: 'perHour', limit: 150, used: 90 }];
  expect(spendingWords({ budget, quotas, rateLimit: { remaining: 7 } })).toBe(
    '1 of 60 token requests in the last minute, 90 of 150 in the last hour, its server grants 7 more',
  );
});
