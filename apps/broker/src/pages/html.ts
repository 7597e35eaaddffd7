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

/** A whole page. @param rest of the head, after what all pages have */
export function page(title: string, rest: Value, body: Value): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        ${rest}
      </head>
      <body>
        ${body}
      </body>
    </html>`.text;
}

export interface ReadingPage {
  title: string;
  heading: string;
  /** Beside the heading. */
  top: Value;
  /** What the navigation is called, and what it holds. */
  navigation: readonly [label: string, Value];
  main: Value;
  /** Further scripts, by their names. */
  scripts?: readonly string[];
}

/** A page of a document: with a navigation, in which words can be found. */
export function readingPage({ title, heading, top, navigation, main, scripts = [] }: ReadingPage): string {
  const [label, links] = navigation;
  const head = html`<link rel="icon" href="page/icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="page/status.css" />
    <link rel="stylesheet" href="page/docs.css" />
    ${[...scripts, 'reading'].map((name) => html`<script type="module" src="page/${name}.js"></script>`)}`;
  const body = html`<a class="skip" href="#content">Skip to the content</a>
    <header class="top">
      <img src="page/icon.svg" alt="" width="28" height="28" />
      <h1>${heading}</h1>
      ${top}
    </header>
    <div class="columns">
      <nav aria-label="${label}">${links}</nav>
      <main id="content" tabindex="-1">${main}</main>
    </div>`;
  return page(title, head, body);
}
