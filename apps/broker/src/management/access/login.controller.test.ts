import type { FastifyReply, FastifyRequest } from 'fastify';
import { expect, it } from 'vitest';
import { Failure } from '#tokens/model/failures.js';
import { FakeClock } from '#test/fake-clock.js';
import type { ActiveSettings } from '../../core/active-settings.js';
import { addressList } from '../../core/addresses.js';
import { LoginController } from './login.controller.js';
import type { OidcLogin } from './oidc-login.js';
import type { Sessions } from './sessions.js';

it('limits failed log-ins by address, before the provider is asked', async () => {
  let asked = 0;
  const management = { authentication: { oidc: {} }, publicUrl: 'https://broker.example' };
  const settings = { active: { settings: { management }, trustedProxies: addressList([]) } };
  const login = {
    finish: () => {
      asked++;
      return Promise.reject(new Failure('access_denied', 'the log-in failed'));
    },
  };
  const clock = new FakeClock();
  const controller = new LoginController(
    settings as unknown as ActiveSettings,
    login as unknown as OidcLogin,
    { open: () => Promise.resolve({}) } as unknown as Sessions,
    clock,
  );
  const finish = (remoteAddress: string) => {
    const raw = { socket: { remoteAddress }, headers: {} };
    const request = { url: '/login/callback?code=wrong', raw, headers: {} } as unknown as FastifyRequest;
    return controller.finish(request, {} as FastifyReply).catch(({ code }: Failure) => code);
  };
  const codes: unknown[] = [];
  for (let n = 0; n < 20; n++) codes.push(await finish(`2001:db8::${n}`));
  expect(codes).toEqual([...Array(5).fill('access_denied'), ...Array(15).fill('slow_down')]);
  expect(asked).toBe(5);
  expect(await finish('2001:db8:0:1::1')).toBe('access_denied');
  clock.advance(1_000);
  expect(await finish('2001:db8::1')).toBe('access_denied');
});
