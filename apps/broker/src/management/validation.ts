import { type ValidationError, ValidationPipe } from '@nestjs/common';
import { classToPlain, plainToInstance } from 'class-transformer';
import { getMetadataStorage, validate } from 'class-validator';
import { Failure } from '#tokens/model/failures.js';

/** Characters of a name that a caller made up, in a message to that caller. */
const maxNameLength = 40;

// Those of the bundle: Nest would load copies of its own. All that it calls: the whole of class-validator knows the
// telephone numbers of all countries.
const validatorPackage = { validate, getMetadataStorage };
const transformerPackage = { classToPlain, plainToInstance };

/** Checks what controllers declare as DTOs; a fault is answered in the form of the contract. */
export function validationPipe(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    exceptionFactory: (errors) => new Failure('invalid_request', errors.map(fault).join('; ')),
    validatorPackage,
    transformerPackage,
  });
}

function fault({ property, constraints = {} }: ValidationError): string {
  if ('whitelistValidation' in constraints)
    return `${property.slice(0, maxNameLength)} is unknown; leave it out`;
  return Object.values(constraints)[0] ?? `${property} is malformed`;
}
