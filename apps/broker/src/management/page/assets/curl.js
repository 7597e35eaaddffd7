/**
 * The command by which a consumer requests a token; its key stays in the environment.
 * @param {{ client: string, scopes: string[], resources: string[], authorizationDetails?: object[] }} token
 * @param {string} consumers base URL of the consumer API
 */
export function curlOf({ client, scopes, resources, authorizationDetails = [] }, consumers) {
  const details = authorizationDetails.length > 0 ? [JSON.stringify(authorizationDetails)] : [];
  const query = [
    `client=${encode(client)}`,
    ...(scopes.length > 0 ? [`scopes=${scopes.map(encode).join('+')}`] : []),
    ...resources.map((resource) => `resource=${encode(resource)}`),
    ...details.map((text) => `authorization_details=${encode(text)}`),
  ].join('&');
  const url = `${consumers.replace(/\/$/, '')}/token?${query}`;
  return `curl -sH "Authorization: Bearer $TOKEN_BROKER_KEY" '${url}'`;
}

/** For a URL in single quotes of a shell; what scopes often hold stays readable. */
function encode(text) {
  return encodeURIComponent(text).replaceAll("'", '%27').replaceAll('%3A', ':').replaceAll('%2F', '/');
}
