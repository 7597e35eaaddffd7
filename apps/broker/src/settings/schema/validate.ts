import { getMetadataStorage, type ValidationError, ValidationTypes, validateSync } from 'class-validator';
import type { SettingsPath } from '../paths.js';
import type { Particulars } from '../settings-fault.js';
import { misplaced, namesOf } from './misplaced.js';
import { nearestName } from '#tokens/model/nearest-name.js';
import { choiceParticulars, type Shown, shownScalar, word } from './shown-values.js';

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
    const message = error.value === null ? 'must have a value' : constraint[1];
    path.fault(message, particularsOf(error, constraint[0]));
  }
  for (const child of error.children ?? []) report(child, path);
}

/** The value of a number or a choice, and of what its check lets be shown. */
function particularsOf({ target, property, value, contexts }: ValidationError, check: string): Particulars {
  const { particulars } = (contexts?.[check] ?? {}) as Partial<Shown>;
  if (particulars !== undefined) return particulars(value);
  if (check === 'isIn') return choiceParticulars(value, choices(target, property));
  return ['min', 'max', 'isInt', 'isNumber'].includes(check) ? { value: shownScalar(value) } : {};
}

function choices(target: object | undefined, property: string): readonly string[] {
  if (target === undefined) return [];
  const checks = getMetadataStorage().getTargetValidationMetadatas(target.constructor, '', true, false);
  const choice = checks.find((one) => one.propertyName === property && one.name === 'isIn');
  return (choice?.constraints as [string[]] | undefined)?.[0] ?? [];
}

function reportUnknown({ property, target, value }: ValidationError, parent: SettingsPath): void {
  const type = target?.constructor ?? Object;
  const near = nearestName(property, namesOf(type));
  const elsewhere = near === undefined ? misplaced(property, type) : undefined;
  if (near !== undefined) {
    parent.key(property).fault(`unknown setting; did you mean ${near}?`);
  } else if (elsewhere !== undefined) {
    parent.key(property).fault(`unknown setting; ${elsewhere}`);
  } else if (value !== null && word.test(property)) {
    parent.key(property).fault('unknown setting');
  } else {
    parent
      .key('***')
      .fault('unknown setting; its name is not shown, as it may be a secret in the wrong place');
  }
}
