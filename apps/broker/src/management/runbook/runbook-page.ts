import { marked } from 'marked';
import { Html, html } from '../../pages/html.js';

interface Section {
  title: string;
  id: string;
  body: Html;
}

/** The runbook as a page: its sections have the names of alerts in lower case as ids, which the alerts link. */
export function runbookPage(markdown: string): string {
  const [introduction = '', ...rest] = markdown.split(/^## /m);
  const sections = rest.map((text) => sectionOf(text));
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Runbook of the token broker</title>
        <link rel="icon" href="page/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="page/status.css" />
        <link rel="stylesheet" href="page/docs.css" />
        <script type="module" src="page/reading.js"></script>
      </head>
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <header class="top">
          <img src="page/icon.svg" alt="" width="28" height="28" />
          <h1>Runbook</h1>
          <p class="links"><a href="./">Status</a> <a href="docs">API</a></p>
        </header>
        <div class="columns">
          <nav aria-label="Alerts">
            <ul role="list">
              ${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}
            </ul>
          </nav>
          <main id="content" tabindex="-1">
            <section>${markup(introduction.replace(/^# .*\n/, ''))}</section>
            ${sections.map(
              ({ id, title, body }) =>
                html`<article aria-labelledby="${id}">
                  <h2 id="${id}">${title}</h2>
                  ${body}
                </article>`,
            )}
          </main>
        </div>
      </body>
    </html>`.text;
}

function sectionOf(text: string): Section {
  const [title = '', ...lines] = text.split('\n');
  return { title, id: title.toLowerCase(), body: markup(lines.join('\n')) };
}

/** Of a file of this build: nothing in it comes from outside. Long commands and tables scroll, also by the keyboard. */
function markup(markdown: string): Html {
  const text = marked
    .parse(markdown, { async: false })
    .replaceAll('<table>', '<div class="scroll" role="group" aria-label="Table" tabindex="0"><table>')
    .replaceAll('</table>', '</table></div>');
  return new Html(text);
}
