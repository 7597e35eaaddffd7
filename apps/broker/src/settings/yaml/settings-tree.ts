import type { Place } from '../place.js';
import { interpolate } from './interpolation.js';

/** Keys are text: the parser sees to that. */
export type YamlMapping = ReadonlyMap<string, unknown>;

const maxDepth = 32;

/** Turns parsed YAML into plain objects, with the environment's variables in their place. */
export class SettingsTree {
  /** The text as written, by path, of each value that holds a reference to a variable. */
  readonly written = new Map<string, string>();
  readonly #open = new Set<object>();

  constructor(private readonly environment: NodeJS.ProcessEnv) {}

  mapping(mapping: YamlMapping, place: Place): Record<string, unknown> {
    return this.#inside(mapping, place, () => this.#entries(mapping, place)) ?? {};
  }

  #value(value: unknown, place: Place): unknown {
    if (typeof value === 'string') return this.#text(value, place);
    if (value instanceof Map) return this.mapping(value, place);
    if (Array.isArray(value)) {
      return this.#inside(value, place, () =>
        value.map((item, index) => this.#value(item, place.item(index))),
      );
    }
    return value;
  }

  #text(text: string, place: Place): string {
    if (text.includes('${')) this.written.set(place.path, text);
    return interpolate(text, this.environment, place);
  }

  #inside<T>(container: object, place: Place, read: () => T): T | undefined {
    if (this.#open.has(container) || this.#open.size >= maxDepth) {
      place.fault('is nested too deeply, or in itself by an alias');
      return undefined;
    }
    this.#open.add(container);
    const result = read();
    this.#open.delete(container);
    return result;
  }

  #entries(mapping: YamlMapping, place: Place): Record<string, unknown> {
    const entries = [...mapping].filter(([key]) => isUsable(key, place.key(key)));
    return Object.fromEntries(entries.map(([key, value]) => [key, this.#value(value, place.key(key))]));
  }
}

function isUsable(key: string, place: Place): boolean {
  if (key === '<<') place.fault('must be left out: merge keys are not supported');
  // `__proto__`, `constructor` and their like would reach a prototype, or get lost on the way.
  if (key in Object.prototype) place.fault('must have another name');
  return place.clean;
}
