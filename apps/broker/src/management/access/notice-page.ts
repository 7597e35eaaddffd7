import { html, page } from '../../pages/html.js';

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
  const body = html`<header><h1>Token broker</h1></header>
    <main>
      <h2>${title}</h2>
      <p>${text}</p>
      ${link === undefined ? '' : html`<p><a href="${base}${link[1]}">${link[0]}</a></p>`}
    </main>`;
  return page(`${title}: token broker`, '', body);
}
