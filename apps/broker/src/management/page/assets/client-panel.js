import { clientChip, clientSentence, credentialWords, spendingWords } from './client-words.js';
import { element, setAttribute, setText } from './element.js';
import { KeyedList } from './keyed-list.js';
import { chunkSize, RowChunk } from './row-chunk.js';
import { counted } from './words.js';

/** A client with its state and its tokens, which its heading folds away. */
export class ClientPanel {
  #fold = element('button', { class: 'fold', type: 'button' });
  #name = element('h3', { tabindex: '-1' }, this.#fold);
  #chip = element('p', { class: 'chip' });
  #count = element('p', { class: 'count' });
  #credential = element('p', { class: 'credential' });
  #budget = element('p', { class: 'budget' });
  #used = element('i', { 'aria-hidden': 'true' });
  #reason = element('p', { class: 'reason' });
  #none = element('p', { class: 'none' });
  #list = element('div');
  #body = element('div', {}, this.#list, this.#none);
  #chunks;

  element = element(
    'section',
    { class: 'client' },
    element(
      'header',
      {},
      this.#name,
      this.#chip,
      this.#count,
      this.#credential,
      element('div', { class: 'spending' }, this.#budget, element('div', { class: 'meter' }, this.#used)),
    ),
    this.#reason,
    this.#body,
  );

  /**
   * @param {string} id for links that lead here
   * @param {{ onRenew(token: object): void, onFold(): void, curl(token: object): string }} actions
   */
  constructor(id, actions) {
    this.#chunks = new KeyedList(this.#list, () => new RowChunk(actions));
    this.#name.id = id;
    this.#body.id = `${id}-tokens`;
    this.#fold.setAttribute('aria-controls', this.#body.id);
    this.element.setAttribute('aria-labelledby', id);
    this.#fold.addEventListener('click', actions.onFold);
  }

  /** The tokens whose rows exist. */
  get inView() {
    return [...this.#chunks.views].flatMap(({ inView }) => inView);
  }

  /** @param {{ client: object, rows: { token: object }[], failing: number, isFolded: boolean, now: number, emptyWords: string }} shown */
  update({ client, rows, failing, isFolded, now, emptyWords }) {
    setAttribute(this.element, 'data-state', client.state);
    setText(this.#fold, client.name);
    setAttribute(this.#fold, 'aria-expanded', String(!isFolded));
    setText(this.#chip, clientChip(client));
    setText(this.#credential, credentialWords(client, now) ?? '');
    setText(this.#count, `${counted(rows.length, 'token')}${failing > 0 ? `, ${failing} failing` : ''}`);
    setText(this.#reason, clientSentence(client, now) ?? '');
    this.#spend(client);
    this.#body.hidden = isFolded;
    this.#showRows(rows);
    setText(this.#none, rows.length === 0 ? emptyWords : '');
  }

  #spend({ budget, quotas, rateLimit }) {
    setText(this.#budget, budget === undefined ? '' : spendingWords({ budget, quotas, rateLimit }));
    const share = budget === undefined ? 0 : Math.min(1, budget.used / budget.perMinute);
    this.#used.style.setProperty('--share', String(share));
    setAttribute(this.#used, 'data-near', share >= 0.75 ? '' : undefined);
  }

  /** When the row with the focus lapses, the focus goes to the client, and not to the top of the page. */
  #showRows(rows) {
    const focused = document.activeElement;
    const isHere = this.#list.contains(focused);
    const chunks = Array.from({ length: Math.ceil(rows.length / chunkSize) }, (_, n) => {
      const some = rows.slice(n * chunkSize, (n + 1) * chunkSize);
      const first = n * chunkSize + 1;
      return { n, rows: some, label: `Tokens ${first} to ${first + some.length - 1} of ${rows.length}` };
    });
    this.#chunks.show(chunks, ({ n }) => n);
    if (isHere && !this.#list.contains(focused)) this.#name.focus({ preventScroll: true });
  }
}
