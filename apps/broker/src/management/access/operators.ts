import type { BlockList } from 'node:net';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { apiKeyHash } from '#consumers/api-key.js';
import { Secret } from '#tokens/model/secret.js';
import { ActiveSettings } from '../../core/active-settings.js';
import { addressList, isIn, plainAddress } from '../../core/addresses.js';
import { authorizationOf, headerValues } from '../../core/headers.js';
import type { OperatorAuthentication, OperatorKey, OperatorProxy } from '../../settings/settings.js';
import { type Operator, roleOf } from './operator.js';
import { Sessions } from './sessions.js';

/** RFC 6750 §2.1 */
const bearer = /^Bearer +([A-Za-z0-9._~+/-]{1,200}=*)$/i;

/** What is made once of each version of the settings. */
interface Prepared {
  byKeyHash: ReadonlyMap<string, OperatorKey>;
  proxies: BlockList;
}

/** Identifies who asks at the management port, by any of the ways that the settings have. */
@Injectable()
export class Operators {
  readonly #prepared = new WeakMap<OperatorAuthentication, Prepared>();

  constructor(
    private readonly settings: ActiveSettings,
    private readonly sessions: Sessions,
  ) {}

  /** Undefined: not authenticated. */
  async identify(request: FastifyRequest): Promise<Operator | undefined> {
    const { authentication } = this.settings.active.settings.management;
    if (authentication === undefined) return { by: 'none', role: 'operator' };
    const { byKeyHash, proxies } = this.#preparedFor(authentication);
    return (
      byKey(request, byKeyHash) ??
      byProxy(request, proxies, authentication.proxy) ??
      (await this.#bySession(request, authentication))
    );
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
        byKeyHash: new Map(keys.flatMap((one) => one.keys.map((hash) => [hash, one] as const))),
        proxies: addressList(proxy?.addresses ?? []),
      };
      this.#prepared.set(authentication, prepared);
    }
    return prepared;
  }
}

/** Only hashes are compared, so that the time of a look-up depends on no key. */
function byKey({ raw }: FastifyRequest, keys: Prepared['byKeyHash']): Operator | undefined {
  const value = bearer.exec(authorizationOf(raw) ?? '')?.[1];
  const key = value === undefined ? undefined : keys.get(apiKeyHash(new Secret(value)));
  return key && { by: 'bearer', name: key.name, role: key.role };
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
