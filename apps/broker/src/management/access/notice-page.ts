import { html, page } from '../../pages/html.js';

export interface Notice {
  title: string;
  text: string;
  /** Text and address of a link, if there is a next step. */
  link?: readonly [text: string, href: string] | undefined;
}

/**
 * A page of one sentence: access is refused, or a session has ended.
 * @param base address of the management port as people reach it, without a slash at the end
 */
export function noticePage({ title, text, link }: Notice, base: string): string {
  const head = html`<link rel="icon" href="${base}/page/icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="${base}/page/status.css" />
    <link rel="stylesheet" href="${base}/page/docs.css" />`;
  const body = html`<header class="top">
      <img src="${base}/page/icon.svg" alt="" width="28" height="28" />
      <h1>Token broker</h1>
    </header>
    <main>
      <h2>${title}</h2>
      <p>${text}</p>
      ${link === undefined ? '' : html`<p><a href="${base}${link[1]}">${link[0]}</a></p>`}
    </main>`;
  return page(`${title}: token broker`, head, body);
}
