import type { Schema } from './openapi.js';

/** A schema in a few words. */
export function inWords(schema: Schema): string {
  if (schema.const !== undefined) return `always ${schema.const}`;
  if (schema.anyOf !== undefined)
    return schema.anyOf
      .map(inWords)
      .filter((word) => word !== '')
      .join(', or ');
  if (schema.type === 'array')
    return ['list', inWords(schema.items ?? {})].filter((word) => word !== '').join(' of ');
  if (schema.type === 'integer')
    return ['whole number', range(schema)].filter((word) => word !== '').join(' ');
  return schema.format === 'uri' ? 'URI' : '';
}

function range({ minimum, maximum }: Schema): string {
  if (maximum !== undefined) return `from ${minimum ?? 0} to ${maximum}`;
  return minimum === undefined ? '' : `from ${minimum}`;
}
