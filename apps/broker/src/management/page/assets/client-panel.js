import { clientChip, clientSentence, credentialWords } from './client-words.js';
import { element, setAttribute, setText } from './element.js';
import { KeyedList } from './keyed-list.js';
import { TokenRow } from './token-row.js';

/** A client with its state and its tokens. */
export class ClientPanel {
  #name = element('h3', { tabindex: '-1' });
  #chip = element('p', { class: 'chip' });
  #credential = element('p', { class: 'credential' });
  #budget = element('p', { class: 'budget' });
  #used = element('i', { 'aria-hidden': 'true' });
  #reason = element('p', { class: 'reason' });
  #none = element('p', { class: 'none' });
  #list = element('ul', { role: 'list' });
  #rows;

  element = element(
    'section',
    { class: 'client' },
    element(
      'header',
      {},
      this.#name,
      this.#chip,
      this.#credential,
      element('div', { class: 'spending' }, this.#budget, element('div', { class: 'meter' }, this.#used)),
    ),
    this.#reason,
    this.#list,
    this.#none,
  );

  /** @param {string} id for links that lead here */
  constructor(id, onRenew) {
    this.#rows = new KeyedList(this.#list, () => new TokenRow(onRenew));
    this.#name.id = id;
    this.element.setAttribute('aria-labelledby', id);
  }

  /** @param {{ client: object, rows: { token: object }[], now: number, emptyWords: string }} shown */
  update({ client, rows, now, emptyWords }) {
    setAttribute(this.element, 'data-state', client.state);
    setText(this.#name, client.name);
    setText(this.#chip, clientChip(client));
    setText(this.#credential, credentialWords(client, now) ?? '');
    setText(this.#reason, clientSentence(client, now) ?? '');
    this.#spend(client.budget);
    this.#showRows(rows);
    setText(this.#none, rows.length === 0 ? emptyWords : '');
  }

  #spend(budget) {
    setText(
      this.#budget,
      budget === undefined ? '' : `${budget.used} of ${budget.perMinute} token requests in the last minute`,
    );
    const share = budget === undefined ? 0 : Math.min(1, budget.used / budget.perMinute);
    this.#used.style.setProperty('--share', String(share));
    setAttribute(this.#used, 'data-near', share >= 0.75 ? '' : undefined);
  }

  /** When the row with the focus lapses, the focus goes to the client, and not to the top of the page. */
  #showRows(rows) {
    const focused = document.activeElement;
    const isHere = this.#list.contains(focused);
    this.#rows.show(rows, ({ token }) => token.id);
    if (isHere && !this.#list.contains(focused)) this.#name.focus({ preventScroll: true });
  }
}
