import { getMetadataStorage, type ValidationError, ValidationTypes, validateSync } from 'class-validator';
import type { Place } from '../place.js';
import { nearestName } from './nearest-name.js';
import type { SettingsForm } from './settings-form.js';

/** What a name looks like. By a slip of the pen a secret can become a key: `{ secret }`, or a comma for a colon. */
const word = /^[A-Za-z_]{1,32}$/;

/** Says what is wrong with each setting by itself: unknown, missing, of the wrong form. */
export function checkForm(form: SettingsForm, root: Place): void {
  const errors = validateSync(form, { whitelist: true, forbidNonWhitelisted: true, stopAtFirstError: true });
  for (const error of errors) report(error, root);
}

function report(error: ValidationError, parent: Place): void {
  const [constraint] = Object.entries(error.constraints ?? {});
  if (constraint?.[0] === ValidationTypes.WHITELIST) return reportUnknown(error, parent);
  const place = Array.isArray(error.target)
    ? parent.item(Number(error.property))
    : parent.key(error.property);
  // Where a part has a fault already, what is said of the whole follows from it.
  if (constraint !== undefined && place.clean) {
    place.fault(error.value === null ? 'must have a value' : constraint[1]);
  }
  for (const child of error.children ?? []) report(child, place);
}

function reportUnknown({ property, target, value }: ValidationError, parent: Place): void {
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
