import { marked } from 'marked';
import { Html, html, readingPage } from '../../pages/html.js';

interface Section {
  title: string;
  id: string;
  body: Html;
}

/** The runbook as a page: its sections have the names of alerts in lower case as ids, which the alerts link. */
export function runbookPage(markdown: string): string {
  const [introduction = '', ...rest] = markdown.split(/^## /m);
  const sections = rest.map((text) => sectionOf(text));
  return readingPage({
    title: 'Runbook of the token broker',
    heading: 'Runbook',
    top: html`<p class="links"><a href="./">Status</a> <a href="docs">API</a></p>`,
    navigation: [
      'Alerts',
      html`<ul role="list">
        ${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}
      </ul>`,
    ],
    main: [
      html`<section>${markup(introduction.replace(/^# .*\n/, ''))}</section>`,
      ...sections.map(
        ({ id, title, body }) =>
          html`<article aria-labelledby="${id}">
            <h2 id="${id}">${title}</h2>
            ${body}
          </article>`,
      ),
    ],
  });
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
