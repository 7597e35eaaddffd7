import { scopeToken } from '#tokens/model/scope-set.js';
import { Check, isMapping, TextList } from './rules.js';

const scopeListSchema = { type: 'array', items: { type: 'string', pattern: scopeToken.source } };

export function IsScopeList(): PropertyDecorator {
  return TextList(scopeToken, 'is a scope: visible ASCII without " and \\ and spaces (RFC 6749)');
}

function isScopeList(value: unknown): boolean {
  return Array.isArray(value) && value.every((scope) => typeof scope === 'string' && scopeToken.test(scope));
}

export function IsListOfScopeLists(): PropertyDecorator {
  return Check({ type: 'array', items: scopeListSchema }, (value) =>
    Array.isArray(value) && value.every(isScopeList)
      ? undefined
      : 'must be a list of lists of scopes, such as [[api:partner]]',
  );
}

/** What each scope includes. */
export function IsScopesByScope(): PropertyDecorator {
  return Check({ type: 'object', additionalProperties: scopeListSchema }, (value) =>
    isMapping(value) && isScopeList(Object.keys(value)) && Object.values(value).every(isScopeList)
      ? undefined
      : 'must be a mapping from scopes to lists of scopes',
  );
}

/** Those that the broker itself puts into a token request. */
const ownParameters = [
  'client_id',
  'client_secret',
  'grant_type',
  'scope',
  'resource',
  'client_assertion',
  'client_assertion_type',
  'assertion',
];

export function IsParameters(): PropertyDecorator {
  return Check({ type: 'object', additionalProperties: { type: 'string' } }, parametersFault);
}

function parametersFault(value: unknown): string | undefined {
  if (!isMapping(value)) return 'must be a mapping from parameter names to texts';
  if (!Object.values(value).every((text) => typeof text === 'string')) {
    return 'must have texts as values; put numbers into quotes';
  }
  const own = ownParameters.filter((name) => Object.hasOwn(value, name));
  return own.length > 0 ? `must not set ${own.join(', ')}: the broker does` : undefined;
}

export function IsResourceList(): PropertyDecorator {
  return Check(
    { type: 'array', items: { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9+.\\-]*:[^\\s#]+$' } },
    (value) =>
      Array.isArray(value) && value.every(isResource)
        ? undefined
        : 'must be a list of absolute URIs without fragment (RFC 8707)',
  );
}

/** Absolute URIs without fragment: resource indicators (RFC 8707 §2). */
function isResource(value: unknown): boolean {
  return typeof value === 'string' && /^[a-z][a-z0-9+.-]*:[^\s#]+$/i.test(value) && URL.canParse(value);
}
