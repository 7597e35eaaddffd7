import type { Tracer } from '@opentelemetry/api';
import { type Acquisition, RenewalLock } from '#tokens/ports/renewal-lock.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { requestAttributes } from './request-attributes.js';
import { inSpan } from './tracer.js';

/** The lock, with a span for asking for it, and one for waiting for what its holder comes to. */
export class TracedRenewalLock extends RenewalLock {
  constructor(
    private readonly lock: RenewalLock,
    private readonly tracer: Tracer,
  ) {
    super();
  }

  override acquire(request: TokenRequest): Promise<Acquisition> {
    const attributes = requestAttributes(request);
    return inSpan(this.tracer, 'lock.acquire', attributes, async (tell) => {
      const acquisition = await this.lock.acquire(request);
      tell({ 'token_broker.outcome': acquisition.outcome });
      if (acquisition.outcome !== 'held') return acquisition;
      const settled = inSpan(this.tracer, 'lock.wait', attributes, () => acquisition.result);
      return { ...acquisition, settled };
    });
  }
}
