import { ValidateBy } from 'class-validator';
import { isMapping } from './nested.js';
import { TextList } from './texts.js';

/** RFC 6749 §3.3 */
export const scopeToken = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

export function IsScopeList(): PropertyDecorator {
  return TextList(scopeToken, 'is a scope: visible ASCII without " and \\ and spaces (RFC 6749)');
}

export function IsListOfScopeLists(): PropertyDecorator {
  return ValidateBy({
    name: 'listOfScopeLists',
    validator: {
      validate: (value) => Array.isArray(value) && value.every(isScopeList),
      defaultMessage: () => 'must be a list of lists of scopes, such as [[api:partner]]',
    },
  });
}

/** From a scope to those that it includes. */
export function IsScopeListByScope(): PropertyDecorator {
  return ValidateBy({
    name: 'scopeListByScope',
    validator: {
      validate: (value) =>
        isMapping(value) && isScopeList(Object.keys(value)) && Object.values(value).every(isScopeList),
      defaultMessage: () => 'must be a mapping from scopes to lists of scopes',
    },
  });
}

function isScopeList(value: unknown): boolean {
  return Array.isArray(value) && value.every((scope) => typeof scope === 'string' && scopeToken.test(scope));
}
