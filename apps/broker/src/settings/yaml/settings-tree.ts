import type { SettingsPath } from '../paths.js';
import { didYouMean } from '#tokens/model/nearest-name.js';
import type { Steps } from '../slices.js';

/** Keys are text: the parser sees to that. */
export type YamlMapping = ReadonlyMap<string, unknown>;

const maxDepth = 32;

/** Turns parsed YAML into plain objects, with the environment's variables in their place. */
export class SettingsTree {
  /** The text as written, by path, of each value that holds a reference to a variable. */
  readonly written = new Map<string, string>();
  readonly #open = new Set<object>();

  constructor(private readonly environment: NodeJS.ProcessEnv) {}

  *mapping(mapping: YamlMapping, path: SettingsPath): Steps<Record<string, unknown>> {
    yield;
    const entries: [string, unknown][] = [];
    if (!this.#enter(mapping, path)) return {};
    for (const [key, value] of mapping) {
      const below = path.key(key);
      if (isUsable(key, below)) entries.push([key, yield* this.#value(value, below)]);
    }
    this.#open.delete(mapping);
    return Object.fromEntries(entries);
  }

  *#value(value: unknown, path: SettingsPath): Steps<unknown> {
    if (typeof value === 'string') return this.#text(value, path);
    if (value instanceof Map) return yield* this.mapping(value, path);
    if (Array.isArray(value)) return yield* this.#list(value, path);
    return value;
  }

  *#list(list: readonly unknown[], path: SettingsPath): Steps<unknown[]> {
    const items: unknown[] = [];
    if (!this.#enter(list, path)) return items;
    for (const [index, item] of list.entries()) items.push(yield* this.#value(item, path.item(index)));
    this.#open.delete(list);
    return items;
  }

  #text(text: string, path: SettingsPath): string {
    if (!text.includes('${')) return text;
    this.written.set(String(path), text);
    return interpolate(text, this.environment, path);
  }

  #enter(container: object, path: SettingsPath): boolean {
    if (this.#open.has(container) || this.#open.size >= maxDepth) {
      path.fault('is nested too deeply, or in itself by an alias');
      return false;
    }
    this.#open.add(container);
    return true;
  }
}

function isUsable(key: string, path: SettingsPath): boolean {
  if (key === '<<') path.fault('must be left out: merge keys are not supported');
  // `__proto__`, `constructor` and their like would reach a prototype, or get lost on the way.
  if (key in Object.prototype) path.fault('must have another name');
  return path.isValid;
}

/** `$${` (a literal `${`), `${VAR}`, `${VAR:-default}`, and last any other `${`, which is malformed. */
const reference = /\$\$\{|\$\{([A-Za-z_]\w*)(?::-((?:(?!\$\{)[^}])*))?\}|\$\{/g;

/**
 * Replaces the references to environment variables in one text; what they give is not looked at again. As in a shell,
 * `:-` also replaces an empty value. A fault names the variable, never its value.
 */
export function interpolate(text: string, environment: NodeJS.ProcessEnv, path: SettingsPath): string {
  return text.replaceAll(reference, (match, name?: string, fallback?: string) => {
    if (match === '$${') return '${';
    if (name === undefined) {
      path.fault('must have each ${ continued as ${VAR} or ${VAR:-default}; a literal ${ is written $${');
      return match;
    }
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (value === undefined && fallback === undefined) {
      const meant = didYouMean(name, Object.keys(environment));
      path.fault(`needs the environment variable ${name}, which is not set${meant}`);
    }
    return (fallback === undefined ? value : value || fallback) ?? match;
  });
}
