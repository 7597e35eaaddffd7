import { Check, Description, isMapping, Line, notText, OneOrTwo } from './rules.js';

@Description(
  'A file that holds the value. White space around it is trimmed; the file is read again when it changes.',
)
export class FileReference {
  @Description('Path of the file, relative to the folder of the settings file.', {
    examples: ['/var/run/secrets/rabot/client-secret'],
  })
  @Line()
  file!: string;
}

/** A secret or a PEM text: in the settings themselves or, better, in a file. */
export type TextOrFile = string | FileReference;

export const textOrFileSchema = {
  anyOf: [{ type: 'string', minLength: 1 }, { $ref: '#/definitions/FileReference' }],
};

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
  return Check(textOrFileSchema, (value) => {
    if (isTextOrFile(value)) return undefined;
    // The keys of another mapping may be the secret itself, written without quotes: they are not named.
    return isMapping(value) ? 'must be text or { file: PATH }' : `${notText(value)}, or { file: PATH }`;
  });
}

/** A secret, or a list of two while it is rotated. */
export function IsSecretOrRotation(): PropertyDecorator {
  const message = 'must be text in quotes or { file: PATH }, or a list of one or two of these';
  return OneOrTwo(textOrFileSchema, (one) => (isTextOrFile(one) ? undefined : message), message);
}
