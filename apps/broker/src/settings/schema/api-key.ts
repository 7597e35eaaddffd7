import { Check, Description, Duration, isMapping, Optional, Required, Text } from './rules.js';
import { IsInstant } from './instant.js';

const hash = /^sha256:[0-9a-fA-F]{64}$/;

@Description('An API key with its dates.')
export class ApiKeySchema {
  @Description('SHA-256 of the key.')
  @Required()
  @Text(hash, 'must be "sha256:" and 64 hex digits')
  hash!: string;

  @Description('When it was made: a date or an instant (ISO 8601). `token-broker key` writes it.', {
    examples: ['2026-11-27'],
  })
  @Optional()
  @IsInstant()
  createdAt?: string;

  @Description('From when it is refused: a date or an instant (ISO 8601).', { examples: ['2027-11-27'] })
  @Optional()
  @IsInstant()
  expiresAt?: string;

  @Description(
    'Age at which another should replace it, in seconds or as 90d: there is a warning, and it stays accepted. Default: `maxKeyAge`.',
  )
  @Optional()
  @Duration(1)
  maxAge?: number;
}

/** Hashes, and keys with dates; the latter are checked one by one when they are resolved. */
export function IsKeyList(): PropertyDecorator {
  const references = ['ApiKeySchema', 'Variable'].map((name) => ({ $ref: `#/definitions/${name}` }));
  const items = { anyOf: [{ type: 'string', pattern: hash.source }, ...references] };
  return Check({ type: 'array', items }, (value) => {
    if (!Array.isArray(value)) return 'must be a list';
    const isFine = value.every((one) => isMapping(one) || (typeof one === 'string' && hash.test(one)));
    return isFine ? undefined : 'must be a list in which each is "sha256:" and 64 hex digits';
  });
}

export type KeySetting = string | Record<string, unknown>;
