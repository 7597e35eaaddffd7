import { applyDecorators } from '@nestjs/common';
import { type ClassConstructor, Type } from 'class-transformer';
import { ValidateIf, ValidateNested } from 'class-validator';
import { Check, isMapping } from './rules.js';

/** One mapping with the keys of a class. */
export function One<T extends object>(type: ClassConstructor<T>): PropertyDecorator {
  const message = 'must be a mapping';
  return applyDecorators(
    Type(() => type),
    Check(referenceTo(type), (value) => (value instanceof type ? undefined : message)),
    ValidateNested({ message }),
  );
}

/** One mapping with the keys of a class, or this word instead of it. */
export function OneOrText<T extends object>(word: string, type: ClassConstructor<T>): PropertyDecorator {
  const message = `must be ${word}, or a mapping`;
  return applyDecorators(
    Type(() => type),
    ValidateIf((_, value) => value !== word),
    Check({ anyOf: [{ const: word }, referenceTo(type)] }, (value) =>
      value instanceof type ? undefined : message,
    ),
    ValidateNested({ message }),
  );
}

/** One such mapping, or a list of them. */
export function OneOrList<T extends object>(type: ClassConstructor<T>): PropertyDecorator {
  const list = { type: 'array', minItems: 1, items: referenceTo(type) };
  return applyDecorators(
    Type(() => type),
    Check({ anyOf: [referenceTo(type), list] }, (value) => {
      const all: unknown[] = Array.isArray(value) ? value : [value];
      return all.length > 0 && all.every((one) => one instanceof type)
        ? undefined
        : 'must be a mapping, or a list of at least one mapping';
    }),
    ValidateNested({ message: 'must be a mapping' }),
  );
}

/** A list of such mappings. */
export function ListOf<T extends object>(type: ClassConstructor<T>): PropertyDecorator {
  return applyDecorators(
    Type(() => type),
    Check({ type: 'array', minItems: 1, items: referenceTo(type) }, (value) => {
      if (!Array.isArray(value) || value.length === 0) return 'must be a list of at least one mapping';
      const areMappings = value.every((item) => item instanceof type);
      return areMappings ? undefined : 'must be a list in which each is a mapping';
    }),
    ValidateNested({ each: true, message: 'must be a mapping' }),
  );
}

export const validName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** A mapping from names to such mappings. Its entries are checked one by one by `entriesOf`. */
export function Named<T extends object>(type: ClassConstructor<T>, minSize: number): PropertyDecorator {
  const schema = {
    type: 'object',
    minProperties: minSize,
    propertyNames: { pattern: validName.source },
    additionalProperties: referenceTo(type),
  };
  const message = `must be a mapping with ${minSize === 0 ? 'names' : 'at least one name'} as keys`;
  return Check(schema, (value) =>
    isMapping(value) && Object.keys(value).length >= minSize ? undefined : message,
  );
}

/** A mapping from names to lists of such mappings, which are checked one by one when they are resolved. */
export function NamedLists<T extends object>(type: ClassConstructor<T>): PropertyDecorator {
  const schema = {
    type: 'object',
    propertyNames: { pattern: validName.source },
    additionalProperties: { type: 'array', minItems: 1, items: referenceTo(type) },
  };
  return Check(schema, (value) => (isMapping(value) ? undefined : 'must be a mapping with names as keys'));
}

function referenceTo({ name }: ClassConstructor<object>): object {
  return { $ref: `#/definitions/${name}` };
}
