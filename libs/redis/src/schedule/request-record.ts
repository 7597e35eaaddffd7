import { ScopeSet } from '#tokens/model/scope-set.js';
import type { TokenRequest } from '#tokens/model/token-request.js';

/** A token request as another replica can make it again, from its own settings. */
export interface RequestRecord {
  /** The client's name in the settings. */
  client: string;
  scopes: ScopeSet;
  resources: readonly string[];
}

/** A token request as JSON, to be sealed: a list of its client's name, its scopes, and its resources. */
export function requestRecord({ client, scopes, resources }: TokenRequest): string {
  return JSON.stringify([client.name, scopes, ...resources]);
}

/** Undefined for whatever `requestRecord` has not made; never throws. */
export function parseRequestRecord(text: string): RequestRecord | undefined {
  try {
    const parts: unknown = JSON.parse(text);
    if (!isStrings(parts)) return undefined;
    const [client, scopes, ...resources] = parts;
    if (client === undefined || scopes === undefined) return undefined;
    return { client, scopes: ScopeSet.parse(scopes), resources };
  } catch {
    return undefined;
  }
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
