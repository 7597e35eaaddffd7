import { applyDecorators } from '@nestjs/common';
import { Transform, type TransformFnParams } from 'class-transformer';
import { IsInt, IsNumber, Max, Min } from 'class-validator';

const numeral = /^-?\d{1,15}(\.\d{1,15})?$/;

/** A variable's value is text: a numeral becomes the number, anything else stays and fails the check. */
const Coerced = (): PropertyDecorator =>
  Transform(({ value }: TransformFnParams): unknown =>
    typeof value === 'string' && numeral.test(value) ? Number(value) : value,
  );

export function Whole(min: number, max: number): PropertyDecorator {
  const message = `must be a whole number from ${min} to ${max}`;
  return applyDecorators(Coerced(), Min(min, { message }), Max(max, { message }), IsInt({ message }));
}

export function Decimal(min: number, max?: number): PropertyDecorator {
  const message =
    max === undefined ? `must be a number of ${min} or more` : `must be a number from ${min} to ${max}`;
  const upperBound = max === undefined ? [] : [Max(max, { message })];
  return applyDecorators(Coerced(), Min(min, { message }), ...upperBound, IsNumber({}, { message }));
}
