import { expect, it } from 'vitest';
import type { Schema } from '../core/openapi-document.js';
import { describeSchema } from './docs-tables.js';

it.each<[Schema, string]>([
  [{ type: 'string' }, ''],
  [{ type: 'string', const: 'Bearer' }, 'always Bearer'],
  [{ type: 'string', format: 'uri' }, 'URI'],
  [{ type: 'array', items: { type: 'string' } }, 'list'],
  [{ type: 'array', items: { type: 'string', format: 'uri' } }, 'list of URI'],
  [{ type: 'integer', minimum: 0 }, 'whole number from 0'],
  [{ type: 'integer', minimum: 0, maximum: 9 }, 'whole number from 0 to 9'],
  [{ anyOf: [{ type: 'integer' }, { type: 'string' }] }, 'whole number'],
])('%o is shown as "%s"', (schema, words) => {
  expect(describeSchema(schema)).toBe(words);
});
