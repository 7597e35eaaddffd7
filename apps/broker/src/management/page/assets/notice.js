import { byId, setText } from './element.js';

const [box, text, close] = [byId('notice'), byId('notice-text'), byId('notice-close')];

/**
 * Shows the outcome of what the operator did, until it is dismissed or the next outcome comes.
 * @param {'pending' | 'done' | 'failed'} outcome
 */
export function showNotice(outcome, words) {
  box.dataset.outcome = outcome;
  setText(text, words);
  close.hidden = false;
}

close.addEventListener('click', () => {
  box.dataset.outcome = 'none';
  setText(text, '');
  close.hidden = true;
});
