import type { Logger } from 'pino';
import type { ClientDirectory } from '#tokens/client-directory.js';
import { anyValid } from '#tokens/model/demand.js';
import { Failure } from '#tokens/model/failures.js';
import type { TokenSource } from '#tokens/token-broker.js';
import type { TokenCache } from '#tokens/token-cache.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import type { RenewOrder } from './renew-order.js';

/** Whom the audit names. */
export interface Asker {
  requestId: string;
  address: string;
}

/** Renewals that an operator orders: the token there is counts as not good enough, as if an API had rejected it. */
export class OperatorRenewal {
  constructor(
    private readonly clients: ClientDirectory,
    private readonly cache: TokenCache,
    private readonly broker: TokenSource,
    private readonly log: Logger,
  ) {}

  /** @throws Failure `invalid_request` when the settings make no such request, `slow_down`; UpstreamFailure */
  async renew({ client, scopes, resources }: RenewOrder, asker: Asker): Promise<TokenRequest> {
    const request = this.clients.request(client, scopes, resources);
    if (request === undefined) {
      throw new Failure(
        'invalid_request',
        'the settings have no such client, or it lacks one of these scopes or resources',
      );
    }
    const audit = this.log.child({ ...asker, by: 'operator', client, scopes: String(request.scopes) });
    try {
      const token = await this.#renewed(request);
      audit.info({ audit: 'renewed', token }, 'token renewed for an operator');
      return request;
    } catch (failure) {
      const code = failure instanceof Failure ? failure.code : 'failed unexpectedly';
      audit.info({ audit: code }, 'token not renewed for an operator');
      throw failure;
    }
  }

  /** Tells the fingerprint of the new token. */
  async #renewed(request: TokenRequest): Promise<string> {
    const current = await this.cache.find(request, anyValid());
    const rejected = current?.token.accessToken.sha256;
    const { token } = await this.broker.tokenFor(request, { trigger: 'demand', rejected });
    return token.accessToken.fingerprint;
  }
}
