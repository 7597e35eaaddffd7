import { applyDecorators } from '@nestjs/common';
import {
  type ClassConstructor,
  plainToInstance,
  Transform,
  type TransformFnParams,
  Type,
} from 'class-transformer';
import { ArrayMinSize, IsInstance, ValidateBy, ValidateNested } from 'class-validator';

const message = 'must be a mapping';

/** One mapping with the keys of a class. */
export function One<T extends object>(type: ClassConstructor<T>): PropertyDecorator {
  return applyDecorators(
    Type(() => type),
    IsInstance(type, { message }),
    ValidateNested({ message }),
  );
}

/** A list of such mappings. */
export function ListOf<T extends object>(type: ClassConstructor<T>): PropertyDecorator {
  const each = true;
  return applyDecorators(
    Type(() => type),
    ArrayMinSize(1, { message: 'must be a list of at least one mapping' }),
    IsInstance(type, { each, message: 'must be a list in which each is a mapping' }),
    ValidateNested({ each, message }),
  );
}

/** A mapping from names to such mappings: a `Map`. */
export function Named<T extends object>(type: ClassConstructor<T>, minSize: number): PropertyDecorator {
  return applyDecorators(
    Type(() => type),
    // class-transformer's own Map loses entries whose names are members of Map, such as `get` or `size`.
    Transform(({ obj, key }: TransformFnParams) => named(type, (obj as Record<string, unknown>)[key])),
    ValidateBy({
      name: 'named',
      constraints: [minSize],
      validator: {
        validate: (value) => value instanceof Map && value.size >= minSize,
        defaultMessage: () =>
          `must be a mapping with ${minSize === 0 ? 'names' : 'at least one name'} as keys`,
      },
    }),
    ValidateNested({ each: true, message }),
  );
}

function named<T extends object>(type: ClassConstructor<T>, value: unknown): unknown {
  if (!isMapping(value)) return value;
  return new Map(
    Object.entries(value).map(([name, entry]) => [
      name,
      isMapping(entry) ? plainToInstance(type, entry) : entry,
    ]),
  );
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
