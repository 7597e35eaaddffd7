import { copyButton } from './copy.js';
import { element } from './element.js';

/** What the pages to read (/docs, /runbook) can do where scripts run: copy examples, and find words. */
for (const pre of document.querySelectorAll('main pre:not([role])')) {
  const button = copyButton('Copy', () => pre.textContent);
  const box = element('div', { class: 'copied' });
  pre.replaceWith(box);
  box.append(pre, button);
}

const field = element('input', { type: 'search', autocomplete: 'off', spellcheck: 'false' });
const none = element('p', { role: 'status' });
const nav = document.querySelector('nav');
nav.prepend(element('label', { class: 'find' }, 'Find ', field), none);

field.addEventListener('input', () => {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = [...document.querySelectorAll('main article')].filter((article) => {
    const text = article.textContent.toLowerCase();
    article.hidden = !words.every((word) => text.includes(word));
    return !article.hidden;
  });
  for (const link of nav.querySelectorAll('li a')) {
    const target = document.getElementById(decodeURIComponent(link.hash.slice(1)))?.closest('article');
    link.parentElement.hidden = target?.hidden ?? false;
  }
  none.textContent = found.length === 0 ? 'No matches.' : '';
});
