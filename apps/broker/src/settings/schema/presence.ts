import { IsDefined, ValidateIf } from 'class-validator';

/** Unlike `IsOptional` it does not let an empty value pass: a key without a value is a forgotten one. */
export function Optional(): PropertyDecorator {
  return ValidateIf((_, value) => value !== undefined);
}

export function Required(): PropertyDecorator {
  return IsDefined({ message: 'must be set' });
}
