import { type Document, type ErrorCode, LineCounter, parseDocument, type YAMLError } from 'yaml';
import type { Diagnostics } from '../paths.js';

const options = {
  schema: 'core',
  merge: false,
  resolveKnownTags: false,
  stringKeys: true,
  uniqueKeys: true,
  // Pretty errors quote the source, which may hold secrets.
  prettyErrors: false,
  logLevel: 'error',
} as const;

/** Own words: the parser's messages may quote the source. */
const reasons: Partial<Record<ErrorCode, string>> = {
  BAD_ALIAS: 'an anchor or alias is malformed',
  BAD_DIRECTIVE: 'directives are not supported',
  BAD_DQ_ESCAPE: 'a text in double quotes has an unknown escape sequence',
  BAD_INDENT: 'the indentation does not fit, or a bracket is not closed',
  BAD_SCALAR_START: 'a text that starts like this must be put into quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a text with a colon must be put into quotes',
  DUPLICATE_KEY: 'this key stands in the mapping already',
  MISSING_CHAR: 'a comma, colon, space or closing quote is missing',
  MULTIPLE_DOCS: 'the file must hold one document only',
  NON_STRING_KEY: 'a key must be plain text',
  RESOURCE_EXHAUSTION: 'it is nested too deeply',
  TAB_AS_INDENT: 'tabs must not indent',
  TAG_RESOLVE_FAILED: 'tags are not supported',
};

/**
 * Parses YAML 1.2 into Maps, arrays and scalars. Faults give line, column and reason, and nothing of the text.
 * @returns undefined when it has faults, which are in `diagnostics` then
 */
export function parseYaml(text: string, diagnostics: Diagnostics): unknown {
  const lineCounter = new LineCounter();
  const document = parsed(text, lineCounter);
  if (document === undefined) {
    diagnostics.fault('file', 'must be valid YAML: it is nested too deeply');
    return undefined;
  }
  const errors = [...document.errors, ...document.warnings];
  const lines = new Set<number>();
  for (const error of errors) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    // One for each line: what follows an error on its line is a consequence.
    if (!lines.has(line)) diagnostics.fault(`line ${line}, column ${col}`, reasonOf(error, text));
    lines.add(line);
  }
  return errors.length > 0 ? undefined : plain(document, diagnostics);
}

/** Undefined when the stack does not suffice: the parser has a bound of its own for some kinds of nesting only. */
function parsed(text: string, lineCounter: LineCounter): Document.Parsed | undefined {
  try {
    return parseDocument(text, { ...options, lineCounter });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function reasonOf(error: YAMLError, text: string): string {
  const [at] = error.pos;
  if (text.slice(at - 1, at + 1) === '${')
    return 'must be valid YAML: inside [ ] or { } put ${VAR} into quotes';
  return `must be valid YAML: ${reasons[error.code] ?? 'something else was expected here'}`;
}

function plain(document: Document, diagnostics: Diagnostics): unknown {
  try {
    return document.toJS({ mapAsMap: true, maxAliasCount: 100 });
  } catch {
    diagnostics.fault('aliases', 'must name an anchor above them, and be few');
    return undefined;
  }
}
