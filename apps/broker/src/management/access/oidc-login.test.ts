import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pino from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { FakeClock } from '#test/fake-clock.js';
import type { OperatorOidc } from '../../settings/settings.js';
import { OidcLogin } from './oidc-login.js';

it('asks a provider that is down once in five seconds, however often log-ins are begun', async () => {
  let asked = 0;
  const lines: string[] = [];
  const provider = createServer((_request, response) => {
    asked++;
    response.writeHead(503).end();
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void provider.close());
  await once(provider, 'listening');
  const issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  const oidc = { issuer, clientId: 'broker', scopes: ['openid'] } as unknown as OperatorOidc;
  const clock = new FakeClock();
  const login = new OidcLogin(pino({}, { write: (line) => void lines.push(line) }), clock);
  const begin = () =>
    login.begin(oidc, 'http://127.0.0.1/login/callback').catch((failure: unknown) => failure);
  const failures = await Promise.all(Array.from({ length: 20 }, begin));
  failures.push(await begin());
  expect(new Set(failures.map((failure) => (failure as { code: string }).code))).toEqual(
    new Set(['temporarily_unavailable']),
  );
  expect([asked, lines.length]).toEqual([1, 1]);
  clock.advance(5_000);
  expect(await begin()).toMatchObject({ retryAfter: 5_000 });
  expect([asked, lines.length]).toEqual([2, 2]);
});
