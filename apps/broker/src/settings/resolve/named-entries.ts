import type { ClassConstructor } from 'class-transformer';
import type { Place } from '../place.js';

export const validName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

export interface NamedEntry<T> {
  name: string;
  form: T;
  place: Place;
}

/** The entries of a mapping from names. Those that are no mappings themselves, or have bad names, are faults. */
export function namedEntries<T extends object>(
  type: ClassConstructor<T>,
  map: ReadonlyMap<string, T> | undefined,
  parent: Place,
): NamedEntry<T>[] {
  // Of a form with faults any field may hold anything.
  if (!(map instanceof Map)) return [];
  const entries = [...map].map(([name, form]: [string, unknown]) => ({
    name,
    form,
    place: parent.key(name),
  }));
  for (const { name, place } of entries) {
    if (!validName.test(name)) {
      place.fault('must be named by 1 to 63 letters, digits, ".", "_" and "-", with a letter or digit first');
    }
  }
  return entries.flatMap(({ name, form, place }) => {
    if (form instanceof type) return [{ name, form, place }];
    place.fault('must be a mapping');
    return [];
  });
}
