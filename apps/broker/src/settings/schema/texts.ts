import { applyDecorators } from '@nestjs/common';
import { IsArray, Matches, type ValidationArguments } from 'class-validator';

/** Text that the whole pattern fits. `message` reads after a path: `must be ...`. */
export function Text(pattern: RegExp, message: string): PropertyDecorator {
  return Matches(pattern, { message: ({ value }) => (typeof value === 'string' ? message : notText(value)) });
}

/** Text of at least one character, without control characters. */
export function Line(): PropertyDecorator {
  return Text(/^\P{Cc}+$/u, 'must not be empty, and must not have line breaks or other control characters');
}

export function TextList(pattern: RegExp, message: string): PropertyDecorator {
  return applyDecorators(
    IsArray({ message: 'must be a list' }),
    Matches(pattern, { each: true, message: `must be a list in which each ${message}` }),
  );
}

export function notText(value: ValidationArguments['value']): string {
  const scalar = typeof value === 'number' || typeof value === 'boolean';
  return scalar ? 'must be text; put it into quotes' : 'must be text';
}
