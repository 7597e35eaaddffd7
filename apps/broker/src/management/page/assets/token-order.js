import { tokenState } from './token-words.js';

const ranks = { expired: 0, failing: 0, none: 1, due: 1, renewing: 2, fresh: 2 };
const clientRanks = { refused: 0, 'cooling down': 1 };

/**
 * The tokens of each client, failing ones first, then what expires next; clients in the same order.
 * @param {readonly { name: string, state: string }[]} clients
 * @param {Map<string, { id: string, expiresAt?: string }[]>} byClient tokens
 * @returns {{ client: { name: string }, tokens: { id: string }[], failing: number }[]}
 */
export function inOrder(clients, byClient, now) {
  return clients
    .map((client) => groupOf(client, byClient.get(client.name) ?? [], now))
    .toSorted(
      (a, b) => a.rank - b.rank || a.expiresAt - b.expiresAt || (a.client.name < b.client.name ? -1 : 1),
    );
}

function groupOf(client, tokens, now) {
  const ranked = tokens
    .map((token) => ({ token, rank: rankOf(token, now), expiresAt: Date.parse(token.expiresAt) || 0 }))
    .toSorted((a, b) => a.rank - b.rank || a.expiresAt - b.expiresAt || (a.token.id < b.token.id ? -1 : 1));
  const failing = ranked.filter(({ rank }) => rank === 0).length;
  const { expiresAt = Infinity } = ranked[0] ?? {};
  const rank = Math.min(clientRanks[client.state] ?? 2, failing > 0 ? 1 : 2);
  return { client, tokens: ranked.map(({ token }) => token), failing, rank, expiresAt };
}

function rankOf(token, now) {
  const { name } = tokenState(token, now);
  return name === 'none' && token.lastFailure !== undefined ? 0 : ranks[name];
}
