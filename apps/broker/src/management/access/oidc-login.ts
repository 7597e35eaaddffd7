import { Inject, Injectable } from '@nestjs/common';
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  type Configuration,
  fetchUserInfo,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import type { Logger } from 'pino';
import { Refreshed } from '#http/refreshed.js';
import { Clock } from '#tokens/model/clock.js';
import { Failure } from '#tokens/model/failures.js';
import { LOG } from '../../core/broker-options.js';
import type { OperatorOidc } from '../../settings/settings.js';
import { discovered } from './openid-provider.js';
import { groupsIn } from './operator.js';

/** Of the provider's metadata. During the back-off it is not asked, as anyone may begin a log-in. */
const policy = {
  freshFor: 3_600_000,
  usableFor: 24 * 3_600_000,
  backoff: 60_000,
  backoffWithoutValue: 5_000,
};

/** What is kept in the browser between the two halves of a log-in. */
export interface PendingLogin {
  state: string;
  nonce: string;
  verifier: string;
}

export interface Person {
  subject: string;
  name: string;
  /** Those that the settings name. */
  groups: string[];
}

/** Log-ins at the OpenID provider: authorization code with PKCE (RFC 7636, OpenID Connect Core 1.0 §3.1). */
@Injectable()
export class OidcLogin {
  #provider: { oidc: OperatorOidc; metadata: Refreshed<Configuration> } | undefined;

  constructor(
    @Inject(LOG) private readonly log: Logger,
    private readonly clock: Clock,
  ) {}

  /**
   * @param redirectUri where the provider leads people back to
   * @throws Failure `temporarily_unavailable`
   */
  async begin(oidc: OperatorOidc, redirectUri: string): Promise<{ location: URL; pending: PendingLogin }> {
    const configuration = await this.#configuration(oidc);
    const pending = { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier() };
    const location = buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: oidc.scopes.join(' '),
      state: pending.state,
      nonce: pending.nonce,
      code_challenge: await calculatePKCECodeChallenge(pending.verifier),
      code_challenge_method: 'S256',
    });
    return { location, pending };
  }

  /**
   * @param url the redirect URI, with what the provider has added
   * @throws Failure `access_denied` when the log-in fails, `temporarily_unavailable`
   */
  async finish(oidc: OperatorOidc, url: URL, { state, nonce, verifier }: PendingLogin): Promise<Person> {
    const configuration = await this.#configuration(oidc);
    try {
      const tokens = await authorizationCodeGrant(configuration, url, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
      const claims: Record<string, unknown> & { sub: string } = tokens.claims()!;
      // Many providers list groups there only.
      const isListed = groupsIn(claims, oidc.groupsClaim).length > 0;
      const hasMore = !isListed && configuration.serverMetadata().userinfo_endpoint !== undefined;
      const more = hasMore ? await fetchUserInfo(configuration, tokens.access_token, claims.sub) : {};
      return personOf({ ...more, ...claims }, oidc);
    } catch (err) {
      this.log.warn({ err }, 'log-in of an operator failed');
      throw new Failure('access_denied', 'the log-in at the OpenID provider failed; try again');
    }
  }

  async #configuration(oidc: OperatorOidc): Promise<Configuration> {
    if (this.#provider?.oidc !== oidc) {
      this.#provider = { oidc, metadata: new Refreshed(() => this.#fetched(oidc), this.clock, policy) };
    }
    const { metadata } = this.#provider;
    try {
      return await metadata.get();
    } catch (cause) {
      const message = 'the OpenID provider cannot be reached; try again later';
      throw new Failure('temporarily_unavailable', message, {
        cause,
        retryAfter: Math.max(1_000, metadata.backoffRemaining),
      });
    }
  }

  async #fetched(oidc: OperatorOidc): Promise<Configuration> {
    try {
      return await discovered(oidc);
    } catch (err) {
      this.log.warn({ err, issuer: oidc.issuer }, 'metadata of the OpenID provider not fetched');
      throw err;
    }
  }
}

function personOf(claims: Record<string, unknown>, { groupsClaim, roles }: OperatorOidc): Person {
  const named = new Set(Object.values(roles).flat());
  const texts = [claims['preferred_username'], claims['email'], claims['sub']];
  return {
    subject: String(claims['sub']),
    name: String(texts.find((text) => typeof text === 'string' && text !== '')).slice(0, 200),
    // Others would only make the cookie longer than browsers keep.
    groups: groupsIn(claims, groupsClaim).filter((group) => named.has(group)),
  };
}
