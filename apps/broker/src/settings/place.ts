/** Names that read well in a path; any other is quoted, so that a path is always one line of visible ASCII. */
const plainName = /^[\w.:@/-]{1,80}$/;

/** What was found wrong or odd, by the path where. */
export class Findings {
  readonly #faults = new Map<string, string>();
  readonly #warnings: string[] = [];

  get faults(): readonly string[] {
    return [...this.#faults].map(([path, message]) => `${path}: ${message}`);
  }

  get warnings(): readonly string[] {
    return this.#warnings;
  }

  /** The first fault of a path tells the cause; what is found there later follows from it. */
  fault(path: string, message: string): void {
    if (!this.#faults.has(path)) this.#faults.set(path, message);
  }

  warn(path: string, message: string): void {
    this.#warnings.push(`${path}: ${message}`);
  }

  faultIn(path: string): boolean {
    return [...this.#faults.keys()].some((other) => other === path || isBelow(other, path));
  }
}

function isBelow(path: string, top: string): boolean {
  return path.startsWith(`${top}.`) || path.startsWith(`${top}[`);
}

/** A place in the settings, such as `clients.rabot.scopes[0]`. What is said of it never holds its value. */
export class Place {
  constructor(
    private readonly findings: Findings,
    readonly path = '',
  ) {}

  key(name: string): Place {
    const printed = plainName.test(name) ? name : quoted(name);
    return new Place(this.findings, this.path === '' ? printed : `${this.path}.${printed}`);
  }

  item(index: number): Place {
    return new Place(this.findings, `${this.path}[${index}]`);
  }

  fault(message: string): void {
    this.findings.fault(this.path, message);
  }

  warn(message: string): void {
    this.findings.warn(this.path, message);
  }

  /** No fault here or below. */
  get clean(): boolean {
    return !this.findings.faultIn(this.path);
  }

  /** None of these keys has a fault: what is said of several together makes sense. */
  cleanAt(...names: string[]): boolean {
    return names.every((name) => this.key(name).clean);
  }
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 80)).replaceAll(/[^\x20-\x7e]/g, '?');
}
