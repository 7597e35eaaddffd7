import { type Fault, faultText, type Particulars } from './settings-fault.js';
import type { Position } from './yaml/positions.js';

/** Names that read well in a path; any other is quoted, so that a path is always one line of visible ASCII. */
const plainName = /^[\w.:@/-]{1,80}$/;

type Keys = readonly (string | number)[];

/** What has a fault, and where to find it: by its keys in the settings, or in the text that is not YAML. */
export interface FoundFault extends Fault {
  keys?: Keys | undefined;
}

/** What is wrong (faults) or odd (warnings) about the settings: one line each, `path.to.field: ...`. */
export class Diagnostics {
  readonly warnings: string[] = [];
  readonly #faults = new Map<string, FoundFault>();
  /** Paths with a fault, and those above them. */
  readonly #invalid = new Set<string>();

  get faults(): readonly string[] {
    return this.found.map(faultText);
  }

  get found(): readonly FoundFault[] {
    return [...this.#faults.values()];
  }

  /** The first fault of a path gives the cause; what is found there later follows from it. */
  fault(
    path: string,
    message: string,
    particulars: Particulars & { keys?: Keys; position?: Position } = {},
    above: Iterable<string> = [],
  ): void {
    if (!this.#faults.has(path)) this.#faults.set(path, { path, message, ...particulars });
    for (const one of [path, ...above]) this.#invalid.add(one);
  }

  isValid(path: string): boolean {
    return !this.#invalid.has(path);
  }
}

/** A path in the settings, such as `clients.rabot.scopes[0]`. What is said of it holds its value only where that is named. */
export class SettingsPath {
  constructor(
    private readonly diagnostics: Diagnostics,
    private readonly text = '',
    private readonly parent?: SettingsPath,
    private readonly lastKey: string | number = '',
  ) {}

  key(name: string): SettingsPath {
    const printed = plainName.test(name) ? name : quoted(name);
    return this.#below(this.text === '' ? printed : `${this.text}.${printed}`, name);
  }

  item(index: number): SettingsPath {
    return this.#below(`${this.text}[${index}]`, index);
  }

  /** @param particulars only of a setting that is never a secret */
  fault(message: string, particulars: Particulars = {}): void {
    const above: string[] = [];
    for (let one = this.parent; one !== undefined; one = one.parent) above.push(one.text);
    this.diagnostics.fault(this.text, message, { ...particulars, keys: this.keys }, above);
  }

  warn(message: string): void {
    this.diagnostics.warnings.push(`${this.text}: ${message}`);
  }

  /** No fault here or below. */
  get isValid(): boolean {
    return this.diagnostics.isValid(this.text);
  }

  /** None of these keys has a fault: a check of several together makes sense. */
  areValid(...names: string[]): boolean {
    return names.every((name) => this.key(name).isValid);
  }

  toString(): string {
    return this.text;
  }

  get keys(): Keys {
    return this.parent === undefined ? [] : [...this.parent.keys, this.lastKey];
  }

  #below(text: string, key: string | number): SettingsPath {
    return new SettingsPath(this.diagnostics, text, this, key);
  }
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 80)).replaceAll(/[^\x20-\x7e]/g, '?');
}
