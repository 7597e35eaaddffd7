import { readFileSync } from 'node:fs';
import { presetOf, presetSettings } from '../settings/presets.js';
import type { ClientSettings } from '../settings/settings.js';
import { isAlias, isCollection, isNode, LineCounter, parseDocument, type Document } from 'yaml';

/** Where in the settings file something stands. It has been loaded before: here it is YAML without fault. */
export class SettingsLines {
  readonly #document: Document;
  readonly #counter = new LineCounter();

  constructor(text: string) {
    this.#document = parseDocument(text, { schema: 'core', stringKeys: true, lineCounter: this.#counter });
  }

  static of(file: string): SettingsLines {
    return new SettingsLines(readFileSync(file, 'utf8'));
  }

  /** Undefined when it is not in the file. Of what stands behind an alias, the line where it is written. */
  line(...path: (string | number)[]): number | undefined {
    const start = this.#node(path)?.range?.[0];
    return start === undefined ? undefined : this.#counter.linePos(start).line;
  }

  /** The value as it is written, with the variables' names instead of their values. */
  written(...path: (string | number)[]): unknown {
    const node = this.#node(path);
    return node?.toJS(this.#document);
  }

  #node(path: readonly (string | number)[]) {
    let node: unknown = this.#document.contents;
    for (const key of path) {
      const target = isAlias(node) ? node.resolve(this.#document) : node;
      node = isCollection(target) ? target.get(key, true) : undefined;
    }
    const last = isAlias(node) ? node.resolve(this.#document) : node;
    return isNode(last) ? last : undefined;
  }
}

/** `clients.rabot.clientSecret (line 7)`. */
export function at(lines: SettingsLines, ...path: (string | number)[]): string {
  const name = path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? key : `${text}.${key}`),
    '',
  );
  const line = lines.line(...path);
  return line === undefined ? name : `${name} (line ${line})`;
}

/** What the preset of a client sets, as `clients.crm.preset (line 4) sets defaultLifetime: 900`; undefined without one. */
export function presetLine(
  { name, preset: chosen }: ClientSettings,
  lines: SettingsLines,
): string | undefined {
  const preset = presetOf(chosen);
  if (preset === undefined) return undefined;
  const own = lines.written('clients', name) as Readonly<Record<string, unknown>>;
  const set = Object.entries(presetSettings(preset, own)).map(
    ([setting, value]) => `${setting}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const what = set.length === 0 ? 'nothing, as the client sets all of it itself' : set.join(', ');
  return `${at(lines, 'clients', name, 'preset')} ${chosen} sets ${what}`;
}
