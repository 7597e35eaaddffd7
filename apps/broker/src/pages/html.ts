/** Markup; whatever is no markup of ours is escaped on its way into it. */
export class Html {
  constructor(readonly text: string) {}
}

type Value = string | Html | readonly Html[];

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** A template of markup, with values for text and for attributes in double quotes. */
export function html(markup: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(String.raw({ raw: markup }, ...values.map(textOf)));
}

/** A sentence in which what stands between backticks is code. */
export function prose(sentence: string): Html[] {
  return sentence.split('`').map((part, at) => (at % 2 === 0 ? html`${part}` : html`<code>${part}</code>`));
}

function textOf(value: Value): string {
  if (value instanceof Html) return value.text;
  if (typeof value === 'string') return value.replace(/[&<>"]/g, (character) => entities[character]!);
  return value.map(({ text }) => text).join('');
}
