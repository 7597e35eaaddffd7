import { getMetadataStorage, type ValidationError, ValidationTypes, validateSync } from 'class-validator';
import type { SettingsPath } from '../paths.js';
import { nearestName } from './nearest-name.js';

/** What a name looks like. By a slip of the pen a secret can become a key: `{ secret }`, or a comma for a colon. */
const word = /^[A-Za-z_]{1,32}$/;

/** Reports what is wrong with each setting alone: unknown, missing, of the wrong form. */
export function validate(schema: object, path: SettingsPath): void {
  const errors = validateSync(schema, {
    whitelist: true,
    forbidNonWhitelisted: true,
    stopAtFirstError: true,
  });
  for (const error of errors) report(error, path);
}

function report(error: ValidationError, parent: SettingsPath): void {
  const [constraint] = Object.entries(error.constraints ?? {});
  if (constraint?.[0] === ValidationTypes.WHITELIST) return reportUnknown(error, parent);
  const path = Array.isArray(error.target) ? parent.item(Number(error.property)) : parent.key(error.property);
  // Where a part has a fault already, what is said of the whole follows from it.
  if (constraint !== undefined && path.isValid) {
    path.fault(error.value === null ? 'must have a value' : constraint[1]);
  }
  for (const child of error.children ?? []) report(child, path);
}

function reportUnknown({ property, target, value }: ValidationError, parent: SettingsPath): void {
  const near = nearestName(property, namesOf(target));
  if (near !== undefined) {
    parent.key(property).fault(`unknown setting; did you mean ${near}?`);
  } else if (value !== null && word.test(property)) {
    parent.key(property).fault('unknown setting');
  } else {
    parent
      .key('***')
      .fault('unknown setting; its name is not shown, as it may be a secret in the wrong place');
  }
}

function namesOf(target: object | undefined): string[] {
  if (target === undefined) return [];
  const metadata = getMetadataStorage().getTargetValidationMetadatas(target.constructor, '', true, false);
  return [...new Set(metadata.map(({ propertyName }) => propertyName))];
}
