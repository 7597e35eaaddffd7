import type { Position } from './yaml/positions.js';

/** What is wrong with one setting. Nothing of it holds a secret or the value of an environment variable. */
export interface Fault extends Particulars {
  /** `clients.rabot.timeout`, a variable of the environment, or a file. */
  path: string;
  /** To be read after the path: `must be ...` */
  message: string;
  /** Undefined for what is not in the settings file. */
  file?: string | undefined;
  position?: Position | undefined;
}

export interface Particulars {
  /** What stands there, where it is no secret; of text with variables, as written. */
  value?: string | undefined;
  /** What was probably meant. */
  meant?: string | undefined;
}

/** The settings cannot be used. */
export class SettingsFault extends Error {
  /** @param sources absolute paths of the files that were read or looked for */
  constructor(
    readonly details: readonly Fault[],
    readonly sources: readonly string[],
  ) {
    super(['the settings are invalid', ...details.map(faultText)].join('\n'));
    this.name = 'SettingsFault';
  }

  /** Each one line, `path.to.field: must be ...` */
  get faults(): readonly string[] {
    return this.details.map(faultText);
  }

  /** Each one line, for people: `settings.yaml:7:5: path.to.field: must be ..., not x; did you mean y?` */
  get lines(): readonly string[] {
    return this.details.map(faultLine);
  }
}

export function faultText({ path, message }: Fault): string {
  return `${path}: ${message}`;
}

/** What is not YAML has no path but this. */
const isPlace = /^line \d+, column \d+$/;

function faultLine({ path, message, value, meant, file, position }: Fault): string {
  const place = file && position ? `${file}:${position.line}:${position.column}: ` : '';
  return [
    place !== '' && isPlace.test(path) ? `${place}${message}` : `${place}${path}: ${message}`,
    value === undefined ? '' : `, not ${value}`,
    meant === undefined ? '' : `; did you mean ${meant}?`,
  ].join('');
}
