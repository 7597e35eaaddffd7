import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** A message that log queries of others search for. */
const contract = /token handed out/;

export interface Text {
  /** The file. */
  where: string;
  text: string;
  extension: '.md' | '.txt';
}

export const pages: readonly Text[] = [
  'README.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'apps/broker/src/management/runbook/runbook.md',
  'libs/client/README.md',
  ...globSync('docs/**/*.md', { cwd: root }),
].map((where) => ({ where, text: read(where), extension: '.md' }));

/** What the API document and the alerts say: each `summary` and `description`. */
const documents = ['apps/broker/src/consumer-api/openapi.yaml', 'deploy/prometheus/alerts.yaml'].map(
  (where) => ({
    where,
    text: sentencesIn(parse(read(where), { maxAliasCount: -1 })).join('\n\n'),
    extension: '.txt' as const,
  }),
);

/** What programs say to people: literals of several words in errors, logs, help of metrics, settings and commands. */
const literals = globSync('{apps/broker,libs/*}/src/**/*.{ts,js}', { cwd: root })
  .filter((where) => !where.endsWith('.test.ts'))
  .map((where) => ({ where, text: literalsIn(where).join('\n\n'), extension: '.txt' as const }))
  .filter(({ text }) => text !== '');

export const messages: readonly Text[] = [...documents, ...literals];

function sentencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(sentencesIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) =>
    typeof field === 'string' && ['summary', 'description'].includes(name) ? [field] : sentencesIn(field),
  );
}

function literalsIn(where: string): string[] {
  const source = ts.createSourceFile(where, read(where), ts.ScriptTarget.Latest);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) found.push(node.text);
    if (ts.isTemplateExpression(node))
      found.push([node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('X'));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found.filter((text) => /\w+ \w+ \w+/.test(text) && !/^[\s<]*</.test(text) && !contract.test(text));
}
