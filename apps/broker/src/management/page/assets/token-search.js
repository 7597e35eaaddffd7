import { fetchTokens } from './broker-api.js';

/** Rows of one page. */
const pageSize = 200;
/** While a text is looked for, pages are asked for in the largest size, until one page of matches is there. */
const searchSize = 1000;

/**
 * One page of the tokens that contain all words of a text: in their client, scopes, resources or fingerprint. The broker
 * may answer with fewer than there is room for, and more to come.
 * @param {{ client?: string, filter: string, after?: string }} choice
 * @param {AbortSignal} signal
 * @throws BrokerFault
 */
export async function findTokens({ client, filter, after }, signal) {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const limit = words.length === 0 ? pageSize : searchSize;
  const found = [];
  for (let next = after; ;) {
    const report = await fetchTokens({ client, after: next, limit }, signal);
    found.push(...report.tokens.filter((token) => matches(token, words)));
    if (report.next === undefined || found.length >= pageSize) return { ...report, tokens: found };
    next = report.next;
  }
}

/**
 * @param {{ id: string, client: string, scopes: string[], resources: string[], fingerprint?: string }} token
 * @param {readonly string[]} words in lower case
 */
export function matches({ client, scopes, resources, fingerprint = '', id }, words) {
  const text = [client, ...scopes, ...resources, fingerprint, id].join(' ').toLowerCase();
  return words.every((word) => text.includes(word));
}
