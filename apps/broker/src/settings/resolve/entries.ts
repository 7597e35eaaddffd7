import { type ClassConstructor, plainToInstance } from 'class-transformer';
import type { SettingsPath } from '../paths.js';
import { validName } from '../schema/nested.js';
import { isMapping } from '../schema/rules.js';
import { validate } from '../schema/validate.js';
import type { Steps } from '../slices.js';

export interface Entry<T> {
  name: string;
  /** When `path` has faults, any of its fields may hold anything. */
  schema: T;
  path: SettingsPath;
}

/**
 * Checks each entry of a mapping from names. Those that are no mappings themselves are left out.
 * @param completed adds what an entry takes from elsewhere
 */
export function* entriesOf<T extends object>(
  type: ClassConstructor<T>,
  mapping: unknown,
  parent: SettingsPath,
  completed: (value: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>> = (value) =>
    value,
): Steps<Entry<T>[]> {
  const entries: Entry<T>[] = [];
  for (const [name, value] of Object.entries(isMapping(mapping) ? mapping : {})) {
    yield;
    const path = parent.key(name);
    if (isMapping(value)) {
      const schema = plainToInstance(type, completed(value));
      validate(schema, path);
      entries.push({ name, schema, path });
    } else {
      path.fault(value === null ? 'must have a value' : 'must be a mapping');
    }
    if (!validName.test(name)) {
      path.fault('must be named by 1 to 63 letters, digits, ".", "_" and "-", with a letter or digit first');
    }
  }
  return entries;
}

/** What must belong to one owner only. */
export interface UniqueValue {
  value: string;
  /** Name of the owner in its mapping. */
  owner: string;
  path: SettingsPath;
}

/** Values of which each belongs to one owner: one that an earlier owner uses is a fault. */
export class UniqueValues {
  readonly #owners = new Map<string, string>();

  add(values: readonly UniqueValue[]): void {
    for (const { value, owner, path } of values) {
      const other = this.#owners.get(value) ?? owner;
      if (other !== owner) path.fault(`is already used by ${other}`);
      this.#owners.set(value, other);
    }
  }
}

/** Without a prototype: a name that comes from a consumer finds nothing but an entry. */
export function byName<T extends { name: string }>(entries: readonly T[]): Readonly<Record<string, T>> {
  const all: Record<string, T> = Object.create(null);
  for (const entry of entries) all[entry.name] = entry;
  return Object.freeze(all);
}
