import type { BlockList } from 'node:net';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { type ApiKey, apiKeyHash, expiryReason } from '#consumers/api-key.js';
import { Clock } from '#tokens/model/clock.js';
import { Secret } from '#tokens/model/secret.js';
import { ActiveSettings } from '../../core/active-settings.js';
import { addressList, isIn, plainAddress } from '../../core/addresses.js';
import { authorizationOf, headerValues } from '../../core/headers.js';
import type { OperatorAuthentication, OperatorKey, OperatorProxy } from '../../settings/settings.js';
import { type Operator, roleOf } from './operator.js';
import { Sessions } from './sessions.js';

/** RFC 6750 §2.1 */
const bearer = /^Bearer +([A-Za-z0-9._~+/-]{1,200}=*)$/i;

interface KnownKey extends ApiKey {
  operator: OperatorKey;
}

/** What is made once of each version of the settings. */
interface Prepared {
  byKeyHash: ReadonlyMap<string, KnownKey>;
  proxies: BlockList;
}

/** Identifies who asks at the management port, by any of the ways that the settings have. */
@Injectable()
export class Operators {
  readonly #prepared = new WeakMap<OperatorAuthentication, Prepared>();

  constructor(
    private readonly settings: ActiveSettings,
    private readonly sessions: Sessions,
    private readonly clock: Clock,
  ) {}

  /** Undefined: not authenticated. */
  async identify(request: FastifyRequest): Promise<Operator | undefined> {
    const { authentication } = this.settings.active.settings.management;
    if (authentication === undefined) return { by: 'none', role: 'operator' };
    const { byKeyHash, proxies } = this.#preparedFor(authentication);
    return (
      this.#byKey(knownKey(request, byKeyHash)) ??
      byProxy(request, proxies, authentication.proxy) ??
      (await this.#bySession(request, authentication))
    );
  }

  /** Whose key has expired that was sent, and since when: for the audit. */
  expired(request: FastifyRequest): { operator: string; reason: string } | undefined {
    const { authentication } = this.settings.active.settings.management;
    const key = authentication && knownKey(request, this.#preparedFor(authentication).byKeyHash);
    if (key?.expiresAt === undefined || this.#isGood(key)) return undefined;
    return { operator: key.operator.name, reason: expiryReason(key.expiresAt) };
  }

  #byKey(key: KnownKey | undefined): Operator | undefined {
    if (key === undefined || !this.#isGood(key)) return undefined;
    return { by: 'bearer', name: key.operator.name, role: key.operator.role };
  }

  #isGood({ expiresAt = Infinity }: ApiKey): boolean {
    return expiresAt > this.clock.wallTime();
  }

  async #bySession(
    { headers: { host = '', cookie } }: FastifyRequest,
    { oidc }: OperatorAuthentication,
  ): Promise<Operator | undefined> {
    const session = oidc && (await this.sessions.open('session', { oidc, host }, cookie));
    if (session === undefined) return undefined;
    const { sub, name, groups } = session as { sub: string; name: string; groups: string[] };
    return { by: 'oidc', name, subject: sub, role: roleOf(groups, oidc!.roles) };
  }

  #preparedFor(authentication: OperatorAuthentication): Prepared {
    let prepared = this.#prepared.get(authentication);
    if (prepared === undefined) {
      const { keys, proxy } = authentication;
      prepared = {
        byKeyHash: new Map(
          keys.flatMap((operator) => operator.keys.map((key) => [key.hash, { ...key, operator }] as const)),
        ),
        proxies: addressList(proxy?.addresses ?? []),
      };
      this.#prepared.set(authentication, prepared);
    }
    return prepared;
  }
}

/** Only hashes are compared, so that the time of a look-up depends on no key. */
function knownKey({ raw }: FastifyRequest, keys: Prepared['byKeyHash']): KnownKey | undefined {
  const value = bearer.exec(authorizationOf(raw) ?? '')?.[1];
  return value === undefined ? undefined : keys.get(apiKeyHash(new Secret(value)));
}

/** Two values are none: one of them may be the caller's own, which the proxy has passed on. */
function byProxy(
  { raw }: FastifyRequest,
  proxies: BlockList,
  proxy: OperatorProxy | undefined,
): Operator | undefined {
  if (proxy === undefined || !isIn(proxies, plainAddress(raw.socket.remoteAddress ?? ''))) return undefined;
  const [name, ...others] = headerValues(raw, proxy.userHeader);
  if (!name || others.length > 0) return undefined;
  const lists = headerValues(raw, proxy.groupsHeader);
  const groups = lists.length === 1 ? lists[0]!.split(',') : [];
  return {
    by: 'proxy',
    name,
    role: roleOf(
      groups.map((group) => group.trim()),
      proxy.roles,
    ),
  };
}
