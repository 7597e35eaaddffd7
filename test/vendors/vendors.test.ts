import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { processTokenResponse } from '#oauth/response/process-token-response.js';
import { someClient } from '#test/the.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { someContext } from '../oauth/some-response.js';
import { corpus, received } from './corpus/corpus.js';
import type { VendorResponse } from './corpus/vendor-response.js';

/** The token or failure that comes of a response, in the words of the corpus. */
function outcomeOf(response: VendorResponse): Pick<VendorResponse, 'token' | 'failure'> {
  const { requested = '', acceptTokenTypes = [], responseFields } = response;
  const client = someClient({ acceptTokenTypes, wireFormat: { responseFields } });
  const request = client.request(ScopeSet.parse(requested));
  try {
    const { lifetime, scopes, anomalies, refreshIn } = processTokenResponse(
      received(response),
      someContext({ request }),
    );
    const isDefault = lifetime === client.options.defaultLifetime && anomalies.includes('lifetime_assumed');
    return {
      token: {
        lifetime: isDefault ? 'default' : lifetime / 1_000,
        scopes: String(scopes),
        anomalies: [...anomalies],
        ...(refreshIn !== undefined && { refreshIn: refreshIn / 1_000 }),
      },
    };
  } catch (error) {
    if (!(error instanceof UpstreamFailure)) throw error;
    const { reason, upstreamError, retryAfter } = error;
    return {
      failure: {
        reason,
        ...(upstreamError !== undefined && { upstreamError }),
        ...(retryAfter !== undefined && { retryAfter: retryAfter / 1_000 }),
      },
    };
  }
}

describe.each(corpus)('a token response of $vendor', ({ responses }) => {
  it.each(responses)('means what the vendor documents: $title', (response) => {
    const { token, failure } = response;
    const expected = token
      ? { token: { anomalies: [], ...token, scopes: String(ScopeSet.parse(token.scopes)) } }
      : { failure };
    expect(outcomeOf(response)).toEqual(expected);
  });
});

describe('the corpus', () => {
  const all = corpus.flatMap(({ responses }) => responses);

  it('has a source and exactly one outcome for each response', () => {
    const faulty = all.filter(
      ({ source, token, failure }) =>
        !/^https:\/\/[^ ]+$/.test(source) || (token === undefined) === (failure === undefined),
    );
    expect(faulty).toEqual([]);
  });

  it('is listed on the page about compatibility, vendor by vendor', () => {
    const page = readFileSync(new URL('../../docs/reference/compatibility.md', import.meta.url), 'utf8');
    const listed = [...page.matchAll(/\(\.\.\/\.\.\/test\/vendors\/([\w-]+)\.ts\)/g)].map(
      ([, vendor]) => vendor,
    );
    expect(listed.toSorted()).toEqual(corpus.map(({ vendor }) => vendor));
  });

  it('holds no token that looks real', () => {
    // The payload of a JWT is encoded; its signature says what it is.
    const real = all.filter(({ body, token }) => token && !JSON.stringify(body).includes('not-a-real'));
    expect(real).toEqual([]);
  });
});
