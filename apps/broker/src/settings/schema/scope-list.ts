import { scopeToken } from '#tokens/model/scope-set.js';
import { TextList } from './rules.js';

export const scopeListSchema = { type: 'array', items: { type: 'string', pattern: scopeToken.source } };

export function IsScopeList(): PropertyDecorator {
  return TextList(scopeToken, 'is a scope: visible ASCII without " and \\ and spaces (RFC 6749)');
}

export function isScopeList(value: unknown): boolean {
  return Array.isArray(value) && value.every((scope) => typeof scope === 'string' && scopeToken.test(scope));
}
