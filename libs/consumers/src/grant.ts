import { LRUCache } from 'lru-cache';
import type { Demand } from '#tokens/model/demand.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import type { AccessDenied } from './access-denied.js';
import type { CredentialUse, RequestUse } from './consumer-activity.js';
import type { Consumer, TokenRequestParameters } from './consumer.js';

/** More different requests than a consumer makes. */
const maxGrants = 200;
const maxKeyLength = 1_024;

/** What a consumer demands of the token that it asks for. */
export interface TokenDemands {
  /** Milliseconds that the token must still be valid. */
  minTtl?: number | undefined;
  /** SHA-256 (hex) of a token that an API has rejected. */
  rejected?: string | undefined;
}

/** What was served for a grant, to whom, and the text of it in the audit. Not the token: it may be dropped meanwhile. */
export interface AuditedGrant {
  credential: CredentialUse;
  address: string;
  sha256: string;
  source: string;
  text: string;
}

/** A request of a consumer that has been authorized. It is the same for each repetition under the same settings. */
export class Grant {
  readonly request: TokenRequest;
  readonly demand: Demand;
  /** Which entries of `allow` it comes from. */
  readonly rule: string | undefined;
  /** Why `allow` refuses it, where `mode: audit` grants it nevertheless. */
  readonly excess: AccessDenied | undefined;
  readonly use: RequestUse;
  /** What the last line of the audit about it was made of: the next one mostly differs in its numbers only. */
  lastAudited: AuditedGrant | undefined;

  /** @throws Failure `access_denied`, `invalid_request` */
  constructor(consumer: Consumer, wanted: TokenRequestParameters & TokenDemands) {
    const { name } = consumer;
    const { minTtl, rejected } = wanted;
    const permit = consumer.permit(wanted);
    this.request = permit.request;
    this.rule = permit.rule;
    this.excess = permit.excess;
    this.demand = {
      trigger: rejected === undefined ? 'demand' : 'rejected',
      consumer: name,
      minTtl,
      rejected,
    };
    const { client, scopes } = this.request;
    this.use = consumer.activity.request(client.name, String(scopes));
  }
}

/**
 * The grants of one consumer by the part of a URL that asked for them: parsing and authorizing it again would take
 * longer than all other work of a cache hit. It ends with the settings version of its consumer.
 */
export class GrantCache {
  /** Made on first use: most of ten thousand consumers may never ask. */
  #grants: LRUCache<string, Grant> | undefined;

  get(key: string | undefined): Grant | undefined {
    return key === undefined ? undefined : this.#grants?.get(key);
  }

  /** @param key undefined, or over 1 KiB: not cached */
  set(key: string | undefined, grant: Grant): void {
    if (key === undefined || key.length > maxKeyLength) return;
    this.#grants ??= new LRUCache({ max: maxGrants });
    this.#grants.set(key, grant);
  }
}
