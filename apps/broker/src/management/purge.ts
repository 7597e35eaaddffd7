import { Injectable } from '@nestjs/common';
import { RedisUnavailable } from '#redis/connection/redis-failure.js';
import { Failure } from '#tokens/model/failures.js';
import { AuditLog } from '../audit/audit-log.js';
import { ActiveSettings } from '../core/active-settings.js';
import { TokenWithdrawal } from '../core/token-withdrawal.js';
import { auditFields, type Requester } from './renewal.js';
import type { PurgeTokensDto } from './requests.dto.js';

export interface PurgeReport {
  client: string;
  dropped: number;
  revoked: number;
  failed: number;
  /** `unsupported`: the authorization server names no endpoint for it (RFC 7009). */
  revocation: 'supported' | 'unsupported';
}

/** Drops and revokes all tokens of a client on an operator's command: its credential, or a token, was stolen. */
@Injectable()
export class OperatorPurge {
  constructor(
    private readonly settings: ActiveSettings,
    private readonly withdrawal: TokenWithdrawal,
    private readonly audit: AuditLog,
  ) {}

  /** @throws Failure `invalid_request` when there is no such client, `temporarily_unavailable` while Redis is down */
  async purge({ client: name }: PurgeTokensDto, requester: Requester): Promise<PurgeReport> {
    const client = this.settings.active.clients.find((one) => one.name === name);
    if (client === undefined) throw new Failure('invalid_request', 'the settings have no such client');
    const values = { ...auditFields(requester), client: name };
    try {
      const { isRevocable, ...counts } = await this.withdrawal.purge(client);
      this.audit.line('info', { audit: 'purged', ...values, ...counts }, 'tokens purged for an operator');
      return { client: name, ...counts, revocation: isRevocable ? 'supported' : 'unsupported' };
    } catch (failure) {
      this.audit.line('info', { audit: 'not_purged', ...values }, 'tokens not purged for an operator');
      if (!(failure instanceof RedisUnavailable)) throw failure;
      throw new Failure(
        'temporarily_unavailable',
        'Redis is down: this replica has dropped its tokens, but others may still serve theirs; purge again when Redis is up',
        { cause: failure },
      );
    }
  }
}
