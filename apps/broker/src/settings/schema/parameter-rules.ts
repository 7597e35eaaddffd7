import { ValidateBy } from 'class-validator';
import { isMapping } from './nested.js';

/** Those that the broker itself puts into a token request. */
export const ownParameters = [
  'client_id',
  'client_secret',
  'grant_type',
  'scope',
  'resource',
  'client_assertion',
  'client_assertion_type',
];

export function IsParameters(): PropertyDecorator {
  return ValidateBy({
    name: 'parameters',
    validator: {
      validate: (value) => parametersFault(value) === undefined,
      defaultMessage: (args) => parametersFault(args?.value) ?? '',
    },
  });
}

function parametersFault(value: unknown): string | undefined {
  if (!isMapping(value)) return 'must be a mapping from parameter names to texts';
  if (!Object.values(value).every((text) => typeof text === 'string')) {
    return 'must have texts as values; put numbers into quotes';
  }
  const own = ownParameters.filter((name) => Object.hasOwn(value, name));
  return own.length > 0 ? `must not set ${own.join(', ')}: the broker does` : undefined;
}
