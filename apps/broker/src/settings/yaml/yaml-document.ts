import {
  Composer,
  type CST,
  type Document,
  type ErrorCode,
  Lexer,
  LineCounter,
  Parser,
  type YAMLError,
} from 'yaml';
import type { Diagnostics } from '../paths.js';
import type { Steps } from '../slices.js';

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
  DUPLICATE_KEY: 'this key is already in the mapping',
  MISSING_CHAR: 'a comma, colon, space or closing quote is missing',
  MULTIPLE_DOCS: 'the file must hold one document only',
  NON_STRING_KEY: 'a key must be plain text',
  RESOURCE_EXHAUSTION: 'it is nested too deeply',
  TAB_AS_INDENT: 'tabs must not indent',
  TAG_RESOLVE_FAILED: 'tags are not supported',
};

type Finding = Pick<YAMLError, 'code' | 'pos'>;

/** Mappings of so many levels are composed entry by entry: settings, and clients or consumers by their names. */
const piecewiseLevels = 2;

/**
 * Parses YAML 1.2 into Maps, arrays and scalars. Faults give line, column and reason, and nothing of the text.
 * @returns undefined when it has faults, which are in `diagnostics` then
 */
export function* parseYaml(text: string, diagnostics: Diagnostics): Steps<unknown> {
  const lineCounter = new LineCounter();
  try {
    const findings: Finding[] = [];
    const { tokens, isPlain } = yield* tokensOf(text, lineCounter);
    const map = isPlain ? soleMap(tokens) : undefined;
    const value =
      map === undefined
        ? plain(tokens, findings, diagnostics)
        : yield* entriesOf(map, piecewiseLevels, findings, diagnostics);
    report(findings, text, lineCounter, diagnostics);
    return findings.length > 0 ? undefined : value;
  } catch (error) {
    // The stack does not suffice: the parser has a bound of its own for some kinds of nesting only.
    if (!(error instanceof RangeError)) throw error;
    diagnostics.fault('file', 'must be valid YAML: it is nested too deeply');
    return undefined;
  }
}

export function* tokensOf(
  text: string,
  lineCounter: LineCounter,
): Steps<{ tokens: CST.Token[]; isPlain: boolean }> {
  lineCounter.addNewLine(0);
  const parser = new Parser(lineCounter.addNewLine);
  const tokens: CST.Token[] = [];
  let isPlain = true;
  for (const lexeme of new Lexer().lex(text)) {
    yield;
    // An alias means something in the whole document only; a tag and a directive are faults.
    if (/^[&*!%]/.test(lexeme)) isPlain = false;
    tokens.push(...parser.next(lexeme));
  }
  tokens.push(...parser.end());
  return { tokens, isPlain };
}

/** The mapping that is all of the document; undefined when there is anything else, such as an error. */
function soleMap(tokens: readonly CST.Token[]): CST.BlockMap | undefined {
  const [document, ...others] = tokens.filter(({ type }) => !['comment', 'newline', 'space'].includes(type));
  if (document?.type !== 'document' || others.length > 0 || document.end?.some(isMeaningful))
    return undefined;
  return document.value?.type === 'block-map' ? document.value : undefined;
}

function isMeaningful({ type }: CST.SourceToken): boolean {
  return !['comment', 'newline', 'space'].includes(type);
}

/**
 * Composes each entry alone, so that requests get in between. The library would also compare each key of a mapping with
 * all before it, which takes seconds for ten thousand.
 */
function* entriesOf(
  map: CST.BlockMap,
  levels: number,
  findings: Finding[],
  diagnostics: Diagnostics,
): Steps<Map<string, unknown>> {
  const entries = new Map<string, unknown>();
  for (const item of map.items) {
    yield;
    const { start, key, sep } = item;
    // On the line of its key a mapping is an error, which the composer sees in both together only.
    const isBelow = levels > 1 && key && sep?.some(({ type }) => type === 'newline');
    const below = isBelow && item.value?.type === 'block-map' ? item.value : undefined;
    const alone = below === undefined ? item : { start, key, sep };
    const piece = plain([documentOf(map, alone as CST.BlockMap['items'][0])], findings, diagnostics);
    if (!(piece instanceof Map)) continue;
    for (const [name, value] of piece as Map<string, unknown>) {
      const at = key?.offset ?? map.offset;
      if (entries.has(name)) findings.push({ code: 'DUPLICATE_KEY', pos: [at, at + 1] });
      entries.set(name, below ? yield* entriesOf(below, levels - 1, findings, diagnostics) : value);
    }
  }
  return entries;
}

function documentOf(map: CST.BlockMap, item: CST.BlockMap['items'][0]): CST.Document {
  const offset = item.start[0]?.offset ?? item.key?.offset ?? map.offset;
  return { type: 'document', offset, start: [], value: { ...map, offset, items: [item] } };
}

/** What the tokens mean. Errors, and warnings about what is not supported, go to `findings`. */
function plain(tokens: readonly CST.Token[], findings: Finding[], diagnostics: Diagnostics): unknown {
  const composer = new Composer(options);
  const [document, ...others] = [...composer.compose(tokens, true)] as Document.Parsed[];
  if (document === undefined) return undefined;
  const errors = [...document.errors, ...document.warnings];
  if (others[0] !== undefined) {
    const [start] = others[0].range;
    errors.push({ code: 'MULTIPLE_DOCS', pos: [start, start + 1] } as YAMLError);
  }
  findings.push(...errors);
  if (errors.length > 0) return undefined;
  try {
    return document.toJS({ mapAsMap: true, maxAliasCount: 100 });
  } catch {
    diagnostics.fault('aliases', 'must name an anchor above them, and be few');
    return undefined;
  }
}

function report(
  findings: readonly Finding[],
  text: string,
  lineCounter: LineCounter,
  diagnostics: Diagnostics,
): void {
  const lines = new Set<number>();
  for (const finding of findings) {
    const { line, col } = lineCounter.linePos(finding.pos[0]);
    // One for each line: what follows an error on its line is a consequence.
    if (!lines.has(line)) {
      const position = { line, column: col };
      diagnostics.fault(`line ${line}, column ${col}`, reasonOf(finding, text), { position });
    }
    lines.add(line);
  }
}

function reasonOf({ code, pos: [at] }: Finding, text: string): string {
  if (text.slice(at - 1, at + 1) === '${')
    return 'must be valid YAML: inside [ ] or { } put ${VAR} into quotes';
  return `must be valid YAML: ${reasons[code] ?? 'something else was expected here'}`;
}
