import { describe, expect, it } from 'vitest';
import { Secret } from '#tokens/model/secret.js';
import { FakeClock } from '#test/fake-clock.js';
import type { ActiveSettings } from '../../core/active-settings.js';
import type { OperatorOidc } from '../../settings/settings.js';
import { Sessions } from './sessions.js';

const oidc = { issuer: 'https://id.example', clientId: 'broker' } as OperatorOidc;
const place = { oidc, host: 'broker.example' };
const content = { sub: '1', name: 'Ann', groups: ['staff'] };
const key = (id: string) => ({ id, key: new Secret(Buffer.alloc(32, id).toString('base64')) });

function someSessions(keys?: ReturnType<typeof key>[], clock = new FakeClock()) {
  const store = keys && { redis: { encryptionKeys: keys } };
  return {
    clock,
    sessions: new Sessions({ active: { settings: { store } } } as unknown as ActiveSettings, clock),
  };
}

/** As a browser sends it. */
const sent = (header: string) => header.split(';', 1)[0];

describe('a session', () => {
  it('opens where it was made, until it is over', async () => {
    const { sessions, clock } = someSessions();
    const cookie = sent(await sessions.seal('session', place, content, 60_000));
    expect(await sessions.open('session', place, `a=b; ${cookie}; c=d`)).toMatchObject(content);
    clock.advance(59_000);
    expect(await sessions.open('session', place, cookie)).toBeDefined();
    clock.advance(1_000);
    expect(await sessions.open('session', place, cookie)).toBeUndefined();
  });

  it.each([
    ['at another host', { ...place, host: 'other.example' }],
    ['for another client', { ...place, oidc: { ...oidc, clientId: 'other' } }],
    ['of another provider', { ...place, oidc: { ...oidc, issuer: 'https://other.example' } }],
  ])('is nothing %s', async (_, elsewhere) => {
    const { sessions } = someSessions();
    const cookie = sent(await sessions.seal('session', place, content, 60_000));
    expect(await sessions.open('session', elsewhere, cookie)).toBeUndefined();
  });

  it.each([
    ['comes twice', (cookie: string) => `${cookie}; ${cookie}`],
    ['comes beside another', (cookie: string) => `${cookie}; ${cookie.replace('=', '=x')}`],
    ['has a byte before its name that is no space', (cookie: string) => `\xA0${cookie}`],
    ['has a tab before its name', (cookie: string) => `a=b; \t${cookie}`],
    ['is the value of a cookie without a name', (cookie: string) => `=${cookie}`],
    ['stands in the value of another', (cookie: string) => `a="${cookie}"`],
    ['has its name in upper case', (cookie: string) => cookie.replace('broker', 'BROKER')],
  ])('is nothing when it %s, as other hosts of the domain may set it so', async (_, tossed) => {
    const { sessions } = someSessions();
    const cookie = sent(await sessions.seal('session', place, content, 60_000))!;
    expect(await sessions.open('session', place, cookie)).toBeDefined();
    expect(await sessions.open('session', place, tossed(cookie))).toBeUndefined();
  });

  it('is no log-in, and a log-in is no session', async () => {
    const { sessions } = someSessions();
    const cookie = sent(await sessions.seal('login', place, content, 60_000))?.replace('-login', '-session');
    expect(await sessions.open('session', place, cookie)).toBeUndefined();
  });

  it('is good at all replicas that share a Redis, through a rotation of its keys, and at no others', async () => {
    const cookie = sent(await someSessions([key('a')]).sessions.seal('session', place, content, 60_000));
    expect(await someSessions([key('b'), key('a')]).sessions.open('session', place, cookie)).toMatchObject(
      content,
    );
    expect(await someSessions([key('b')]).sessions.open('session', place, cookie)).toBeUndefined();
    expect(await someSessions().sessions.open('session', place, cookie)).toBeUndefined();
  });

  it('is sent over TLS and to this host only', async () => {
    const { sessions } = someSessions();
    const header = await sessions.seal('session', place, content, 60_000);
    expect(header).toMatch(
      /^__Host-token-broker-session=[\w.-]+; Max-Age=60; Path=\/; Secure; HttpOnly; SameSite=Lax$/,
    );
    expect(sessions.remove('session')).toMatch(/^__Host-token-broker-session=; Max-Age=0; Path=\/; Secure/);
  });
});
