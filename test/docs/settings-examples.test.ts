import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../..');
const schema = JSON.parse(readFileSync(join(root, 'apps/broker/settings.schema.json'), 'utf8')) as {
  properties: object;
};

/** An example shows some fields: whatever else is required is not in it. */
function partial(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(partial);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(
    ([name]) => !['required', 'minProperties', 'oneOf', 'allOf'].includes(name),
  );
  return Object.fromEntries(fields.map(([name, field]) => [name, partial(field)]));
}

const isValid = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(
  partial(schema) as object,
);

const pages = ['README.md', ...globSync('docs/**/*.md', { cwd: root })];
const examples = pages.flatMap((page) =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^```yaml\n(.*?)^```$/gms)]
    .map(([, yaml = '']) => ({ page, yaml, beginning: yaml.split('\n')[0]!, content: parse(yaml) as object }))
    .filter(({ content }) => Object.keys(content).every((name) => name in schema.properties)),
);

describe('the examples of settings in README.md and docs', () => {
  it.each(examples)('have only fields and values that the schema has: $page, $beginning', ({ content }) => {
    expect(isValid(content) ? [] : isValid.errors).toEqual([]);
  });

  it('are many', () => {
    expect(examples.length).toBeGreaterThan(10);
  });
});
