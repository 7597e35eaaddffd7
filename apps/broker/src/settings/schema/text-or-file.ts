import { ValidateBy } from 'class-validator';
import { Described } from './described.js';
import { isMapping } from './nested.js';
import { Line, notText } from './texts.js';

@Described(
  'A file that holds the value. White space around it is trimmed; the file is read again when it changes.',
)
export class FileReference {
  @Described('Path of the file, relative to the folder of the settings file.', {
    examples: ['/var/run/secrets/rabot/client-secret'],
  })
  @Line()
  file!: string;
}

/** A secret or a PEM text: in the settings themselves or, better, in a file. */
export type TextOrFile = string | FileReference;

export function isFileReference(value: unknown): value is FileReference {
  return (
    isMapping(value) &&
    Object.keys(value).join() === 'file' &&
    typeof value.file === 'string' &&
    value.file !== ''
  );
}

export function isTextOrFile(value: unknown): value is TextOrFile {
  return typeof value === 'string' || isFileReference(value);
}

export function IsTextOrFile(): PropertyDecorator {
  return ValidateBy({
    name: 'textOrFile',
    validator: {
      validate: isTextOrFile,
      // The keys of another mapping may be the secret itself, written without quotes: they are not named.
      defaultMessage: (args) =>
        isMapping(args?.value)
          ? 'must be text or { file: PATH }'
          : `${notText(args?.value)}, or { file: PATH }`,
    },
  });
}

/** So many that one half is always greater: 3, 5, ... */
export function IsOddListOfTextsOrFiles(): PropertyDecorator {
  return ValidateBy({
    name: 'oddListOfTextsOrFiles',
    validator: {
      validate: (value) =>
        Array.isArray(value) && value.length >= 3 && value.length % 2 === 1 && value.every(isTextOrFile),
      defaultMessage: () =>
        'must be a list of 3, 5 or another odd number of texts in quotes or { file: PATH }',
    },
  });
}

/** One of them, or a list of two while a secret is rotated. */
export function IsOneOrTwoTextsOrFiles(): PropertyDecorator {
  return ValidateBy({
    name: 'oneOrTwoTextsOrFiles',
    validator: {
      validate: (value) => {
        const all: unknown[] = Array.isArray(value) ? value : [value];
        return (all.length === 1 || all.length === 2) && all.every(isTextOrFile);
      },
      defaultMessage: () => 'must be text in quotes or { file: PATH }, or a list of one or two of these',
    },
  });
}
