import { Controller, Get, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '#tokens/model/clock.js';
import { Failure } from '#tokens/model/failures.js';
import { ActiveSettings } from '../../core/active-settings.js';
import { addressOf } from '../../core/addresses.js';
import { FailedLogins } from '../../core/failed-logins.js';
import { HttpFailure } from '../../core/failure-response.js';
import type { OperatorOidc } from '../../settings/settings.js';
import { pageHeaders } from '../../pages/page-headers.js';
import { SameOriginGuard } from '../same-origin.guard.js';
import { Needs } from './access.guard.js';
import { noticePage } from './notice-page.js';
import { OidcLogin, type PendingLogin } from './oidc-login.js';
import { Sessions } from './sessions.js';

/** Milliseconds that a person may take at the provider. */
const loginLifetime = 600_000;

/** Failed log-ins of one address: each costs the provider a token request, in the name of the broker. */
const failuresPerSecond = 5;

/** Log-in and log-out of people. */
@Needs('anyone')
@Controller()
export class LoginController {
  readonly #failedLogins = new FailedLogins(failuresPerSecond);

  constructor(
    private readonly settings: ActiveSettings,
    private readonly login: OidcLogin,
    private readonly sessions: Sessions,
    private readonly clock: Clock,
  ) {}

  @Get('login')
  async begin(@Req() { headers: { host = '' } }: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { oidc, base } = this.#provider();
    const { location, pending } = await this.login.begin(oidc, `${base}/login/callback`);
    const cookie = await this.sessions.seal('login', { oidc, host }, { ...pending }, loginLifetime);
    this.#redirect(reply, location.href, [cookie]);
  }

  @Get('login/callback')
  async finish(
    @Req() { url, raw, headers: { host = '', cookie } }: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { oidc, base } = this.#provider();
    const place = { oidc, host };
    const pending = await this.sessions.open('login', place, cookie);
    if (pending === undefined) {
      throw new Failure(
        'access_denied',
        'this log-in was started in another browser or too long ago; start again at /login',
      );
    }
    const returned = new URL(`${base}/login/callback`);
    returned.search = url.slice(url.indexOf('?'));
    const address = addressOf(raw, this.settings.active.trustedProxies);
    this.#failedLogins.check(address, this.clock.now());
    const finishing = this.login.finish(oidc, returned, pending as unknown as PendingLogin);
    const { subject, name, groups } = await finishing.catch((failure) => {
      this.#failedLogins.count(address, this.clock.now());
      throw failure;
    });
    const content = { sub: subject, name, groups };
    const session = await this.sessions.seal('session', place, content, oidc.sessionLifetime);
    this.#redirect(reply, `${base}/`, [session, this.sessions.remove('login')]);
  }

  @Get('logout')
  @UseGuards(SameOriginGuard)
  end(@Res() reply: FastifyReply): void {
    const { base } = this.#provider();
    const text =
      'Your session at the token broker has ended. You may still be logged in at the OpenID provider.';
    void reply
      .headers({ ...pageHeaders, 'cache-control': 'no-store', 'set-cookie': this.sessions.remove('session') })
      .type('text/html; charset=utf-8')
      .send(noticePage({ title: 'Logged out', text, link: ['Log in again', '/login'] }, base));
  }

  /** @throws HttpFailure 404 where people do not log in here */
  #provider(): { oidc: OperatorOidc; base: string } {
    const { authentication, publicUrl = '' } = this.settings.active.settings.management;
    if (authentication?.oidc === undefined) throw HttpFailure.of(404);
    return { oidc: authentication.oidc, base: publicUrl };
  }

  #redirect(reply: FastifyReply, location: string, cookies: string[]): void {
    void reply
      .code(302)
      .headers({
        location,
        'set-cookie': cookies,
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
      })
      .send();
  }
}
