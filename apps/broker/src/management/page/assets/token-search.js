/**
 * Finds tokens by all words of a text: in their client, scopes, resources, authorization details, fingerprint or id, or in the name of a
 * consumer that may have them.
 * @param {string} text
 * @param {readonly { consumer: string, client: string, scopes: string[] }[]} entitlements
 */
export function tokenFilter(text, entitlements) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return () => true;
  const consumersOf = consumersByToken(entitlements);
  return (token) => {
    const { client, scopes, resources, authorizationDetails = [], fingerprint = '', id } = token;
    const details = authorizationDetails.map((detail) => JSON.stringify(detail));
    const all = [client, ...scopes, ...resources, ...details, fingerprint, id, ...consumersOf(token)];
    const where = all.join(' ').toLowerCase();
    return words.every((word) => where.includes(word));
  };
}

/** @returns {(token: { client: string, scopes: string[] }) => string[]} the consumers that may have a token */
export function consumersByToken(entitlements) {
  const byClient = Map.groupBy(
    entitlements.map(({ scopes, ...one }) => ({ ...one, scopes: new Set(scopes) })),
    ({ client }) => client,
  );
  return ({ client, scopes }) => {
    const entitled = (byClient.get(client) ?? []).filter((one) =>
      scopes.every((name) => one.scopes.has(name)),
    );
    return [...new Set(entitled.map(({ consumer }) => consumer))];
  };
}
