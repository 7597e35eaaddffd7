import { CST, LineCounter } from 'yaml';
import type { Steps } from '../slices.js';
import { tokensOf } from './yaml-document.js';

/** Both count from 1. */
export interface Position {
  line: number;
  column: number;
}

type Item = CST.CollectionItem;

/** Where the settings stand in the text of their file. The tree of tokens is enough: no value is made of them. */
export class Positions {
  readonly #entries = new Map<CST.Token, ReadonlyMap<string, Item>>();

  private constructor(
    private readonly root: CST.Token | undefined,
    private readonly lines: LineCounter,
  ) {}

  static *of(text: string): Steps<Positions> {
    const lines = new LineCounter();
    const { tokens } = yield* tokensOf(text, lines);
    const document = tokens.find(({ type }) => type === 'document') as CST.Document | undefined;
    return new Positions(document?.value, lines);
  }

  /** Of a key, or of an item of a list. Of what is missing: where that begins which should hold it. */
  of(path: readonly (string | number)[]): Position {
    let offset = this.root?.offset ?? 0;
    let token = this.root;
    for (const key of path) {
      const item = token && (typeof key === 'number' ? itemsOf(token)[key] : this.#entry(token, key));
      if (item === undefined) break;
      offset = (item.key ?? item.value)?.offset ?? offset;
      token = item.value;
    }
    return this.at(offset);
  }

  at(offset: number): Position {
    const { line, col } = this.lines.linePos(offset);
    return { line, column: col };
  }

  #entry(token: CST.Token, name: string): Item | undefined {
    let entries = this.#entries.get(token);
    if (entries === undefined) {
      entries = new Map(itemsOf(token).map((item) => [nameOf(item), item]));
      this.#entries.set(token, entries);
    }
    return entries.get(name);
  }
}

/** Those of a block sequence begin at the dash; a flow collection without any has one that is empty. */
function itemsOf(token: CST.Token): readonly Item[] {
  return 'items' in token ? token.items : [];
}

function nameOf({ key, value }: Item): string {
  return (CST.isScalar(key ?? value ?? null) && CST.resolveAsScalar((key ?? value) as never)?.value) || '';
}
