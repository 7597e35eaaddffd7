import { element, setText } from './element.js';

/** How long a button says that it has copied. */
const shownFor = 2_000;

/**
 * A button that copies what `textOf` returns when it is pressed.
 * @param {string} words
 * @param {() => string} textOf
 * @param {...Node} more for those who listen, such as what is copied
 */
export function copyButton(words, textOf, ...more) {
  const label = element('span', {}, words);
  const button = element('button', { class: 'quiet copy', type: 'button' }, label, ...more);
  let timer;
  button.addEventListener('click', async () => {
    const isCopied = await copy(textOf());
    setText(label, isCopied ? 'Copied' : 'Not copied');
    clearTimeout(timer);
    timer = setTimeout(() => setText(label, words), shownFor);
  });
  return button;
}

/** The Clipboard API exists in secure contexts only: an operator may come by plain HTTP and an address. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text) {
  const before = document.activeElement;
  const area = element('textarea', { class: 'hidden', readonly: '' });
  area.value = text;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand('copy');
  area.remove();
  before?.focus();
  return isCopied;
}
