import type { Tracer } from '@opentelemetry/api';
import type { Demand } from '#tokens/model/demand.js';
import type { ServedToken } from '#tokens/token-cache.js';
import type { TokenSource } from '#tokens/token-broker.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { requestAttributes } from './request-attributes.js';
import { inSpan } from './tracer.js';

/** The way to a token, with a span that holds all that was done for it: for consumers and the schedule alike. */
export class TracedTokenBroker implements TokenSource {
  constructor(
    private readonly broker: TokenSource,
    private readonly tracer: Tracer,
  ) {}

  /** Nothing, so that whatever is handed out has its span. */
  cached(): undefined {
    return undefined;
  }

  tokenFor(request: TokenRequest, demand: Demand): Promise<ServedToken> {
    const attributes = { ...requestAttributes(request), 'token_broker.trigger': demand.trigger };
    return inSpan(this.tracer, 'token_for', attributes, async (tell) => {
      const found = await this.broker.tokenFor(request, demand);
      tell({ 'token_broker.source': found.source });
      return found;
    });
  }
}
