import { Failure } from '#tokens/model/failures.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { jsonObject } from '../consumer-api/rejected-token.js';

/** Which token an operator wants renewed. */
export interface RenewOrder {
  client: string;
  scopes: ScopeSet;
  resources: readonly string[];
}

/**
 * Reads the JSON body of an order.
 * @throws Failure `invalid_request`, `invalid_scope`
 */
export function parseRenewOrder(contentType: string | undefined, body: unknown): RenewOrder {
  const { client, scopes, resources = [], ...rest } = jsonObject(contentType, body);
  const isOrder = typeof client === 'string' && isTexts(scopes) && isTexts(resources);
  if (isOrder && Object.keys(rest).length === 0) return { client, scopes: ScopeSet.of(scopes), resources };
  throw new Failure(
    'invalid_request',
    'the body must have client (a string), scopes (a list of strings), perhaps resources (a list of strings), and nothing else',
  );
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
