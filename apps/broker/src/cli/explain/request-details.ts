import { isSigner, type AssertionSigner } from '#oauth/request/client-credential.js';
import type { ClientSettings } from '../../settings/settings.js';

/** What of a token request and its response deviates from the usual, by the settings: a label and a text for each. No value that may be secret. */
export function requestDetails(client: ClientSettings): Record<string, string> {
  const { wireFormat, headers = {}, acceptTokenTypes = [], oneToken } = client;
  const { bodyFormat = 'form', scopeSeparator = ' ', responseFields = {} } = wireFormat ?? {};
  const body = [
    ...(bodyFormat === 'json' ? ['as JSON'] : []),
    ...(scopeSeparator === ' ' ? [] : [`scopes separated by "${scopeSeparator}"`]),
  ];
  const response = [
    ...Object.entries(responseFields).map(([name, path]) => `${name} from ${path}`),
    ...acceptTokenTypes.map((type) => `token_type ${type} as Bearer`),
  ];
  const details = {
    body: body.join(', '),
    headers: Object.keys(headers).join(', '),
    assertion: assertionText(client),
    response: response.join(', '),
    'one token': oneToken === undefined ? '' : 'shared by all requests of this client',
  };
  return Object.fromEntries(Object.entries(details).filter(([, text]) => text !== ''));
}

function assertionText({ credentials: [first], issuer, tokenEndpoint }: ClientSettings): string {
  if (first === undefined) return '';
  if (first.clientAuthentication === 'client_assertion') return `${first.type}, from ${first.file}`;
  if (!isSigner(first)) return '';
  const signer = first.grant ?? (first as AssertionSigner);
  const { audience = issuer ?? tokenEndpoint, type, lifetime = 60_000 } = signer.assertion ?? {};
  return [
    'managed' in signer ? `${signer.managed.algorithm} by a managed key` : signer.algorithm,
    ...('managed' in signer || signer.keyId === undefined ? [] : [`kid ${signer.keyId}`]),
    ...(type === undefined ? [] : [`typ ${type}`]),
    `audience ${[audience].flat().join(' ')}`,
    `${lifetime / 1_000} s`,
  ].join(', ');
}
