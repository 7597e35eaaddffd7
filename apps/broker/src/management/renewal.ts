import { Injectable } from '@nestjs/common';
import { ClientDirectory } from '#tokens/client-directory.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { anyValid } from '#tokens/model/demand.js';
import { parseAuthorizationDetails } from '#tokens/model/authorization-details.js';
import { Failure } from '#tokens/model/failures.js';
import { TokenSource } from '#tokens/token-broker.js';
import { TokenCache } from '#tokens/token-cache.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { AuditLog, type AuditValues } from '../audit/audit-log.js';
import type { Operator } from './access/operator.js';
import type { RenewTokenDto } from './requests.dto.js';

/** Named in the audit line. */
export interface Requester {
  requestId: string;
  address: string;
  operator: Operator | undefined;
}

/** What an audit line says of who gave the command. */
export function auditFields({ operator, ...requester }: Requester): AuditValues {
  return {
    ...requester,
    by: 'operator',
    ...(operator?.name !== undefined && { operator: operator.name, authentication: operator.by }),
    ...(operator?.subject !== undefined && { operatorSubject: operator.subject }),
  };
}

/** Renewals on an operator's command: the current token is treated as if an API had rejected it. */
@Injectable()
export class OperatorRenewal {
  constructor(
    private readonly clients: ClientDirectory,
    private readonly cache: TokenCache,
    private readonly broker: TokenSource,
    private readonly audit: AuditLog,
  ) {}

  /** @throws Failure `invalid_request` when the settings make no such request, `invalid_scope`, `slow_down`; UpstreamFailure */
  async renew(wanted: RenewTokenDto, requester: Requester): Promise<TokenRequest> {
    const { client, scopes, resources, authorizationDetails } = wanted;
    const details = parseAuthorizationDetails(JSON.stringify(authorizationDetails));
    const request = this.clients.request(client, ScopeSet.of(scopes), [...resources, ...details]);
    if (request === undefined) {
      throw new Failure(
        'invalid_request',
        'the settings have no such client, or the client lacks one of these scopes, resources or authorization details',
      );
    }
    const values = { ...auditFields(requester), client, scopes: String(request.scopes) };
    try {
      const token = await this.#renewed(request);
      this.audit.line('info', { audit: 'renewed', ...values, token }, 'token renewed for an operator');
      return request;
    } catch (failure) {
      const code = failure instanceof Failure ? failure.code : 'failed unexpectedly';
      this.audit.line('info', { audit: code, ...values }, 'token not renewed for an operator');
      throw failure;
    }
  }

  /** @returns the fingerprint of the new token */
  async #renewed(request: TokenRequest): Promise<string> {
    const current = await this.cache.find(request, anyValid());
    const rejected = current?.token.accessToken.sha256;
    const { token } = await this.broker.tokenFor(request, { trigger: 'demand', rejected });
    return token.accessToken.fingerprint;
  }
}
