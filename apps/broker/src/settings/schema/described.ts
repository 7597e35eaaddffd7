import 'reflect-metadata';

const key = Symbol('described');

/** What the JSON Schema says about a class or one of its properties, besides what its checks say. */
export interface Description {
  description: string;
  [keyword: string]: unknown;
}

/** Describes a setting to those who write it: editors show the text. `keywords` are further ones of JSON Schema. */
export function Described(description: string, keywords: Record<string, unknown> = {}) {
  return (target: object, property?: string | symbol): void => {
    const value: Description = { description, ...keywords };
    if (property === undefined) Reflect.defineMetadata(key, value, target);
    else Reflect.defineMetadata(key, value, target, property);
  };
}

/** @param target a class, or its prototype for a property */
export function descriptionOf(target: object, property?: string): Description | undefined {
  const found: unknown =
    property === undefined ? Reflect.getMetadata(key, target) : Reflect.getMetadata(key, target, property);
  return found as Description | undefined;
}
