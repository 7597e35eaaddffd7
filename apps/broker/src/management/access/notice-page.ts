import { html, type Html } from '../../pages/html.js';

export interface Notice {
  title: string;
  text: string;
  /** Where to go on, if anywhere: what the link says, and its address. */
  link?: readonly [text: string, href: string] | undefined;
}

/**
 * A page of one sentence: access is refused, or a session has ended.
 * @param base address of the management port as people reach it, without a slash at the end
 */
export function noticePage({ title, text, link }: Notice, base: string): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}: token broker</title>
      </head>
      <body>
        <header><h1>Token broker</h1></header>
        <main>
          <h2>${title}</h2>
          <p>${text}</p>
          ${link === undefined ? '' : linkTo(link[0], `${base}${link[1]}`)}
        </main>
      </body>
    </html>`.text;
}

function linkTo(text: string, href: string): Html {
  return html`<p><a href="${href}">${text}</a></p>`;
}
