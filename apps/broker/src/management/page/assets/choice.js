import { byId, element, setAttribute, setText } from './element.js';
import { KeyedList } from './keyed-list.js';

const [filter, client, previous, next] = ['filter', 'client', 'previous', 'next'].map(byId);
/** A pause in typing. */
const settled = 250;

/** Which tokens the operator wants to see: kept in the page's address, so that it can be shared and reloaded. */
export class Choice {
  #options = new KeyedList(client, () => optionView());
  /** Cursors of this page and of those before it; the first page has none. */
  #cursors = [undefined];
  #next;
  #client;

  /** @param {() => void} onChange */
  constructor(onChange) {
    const query = new URLSearchParams(location.search);
    filter.value = query.get('filter') ?? '';
    this.#client = query.get('client') || undefined;
    this.onChange = onChange;
    let timer;
    filter.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.#begin(), settled);
    });
    client.addEventListener('change', () => {
      this.#client = client.value || undefined;
      this.#begin();
    });
    next.addEventListener('click', () => this.#turn(this.#next));
    previous.addEventListener('click', () => this.#turnBack());
  }

  get filter() {
    return filter.value.trim();
  }

  get client() {
    return this.#client;
  }

  get after() {
    return this.#cursors.at(-1);
  }

  get isAll() {
    return this.filter === '' && this.client === undefined;
  }

  /** Shows what there is to choose from. */
  update({ clients, next: cursor }) {
    this.#next = cursor;
    const names = [...new Set([...clients.map(({ name }) => name), ...(this.#client ? [this.#client] : [])])];
    byId('client-choice').hidden = names.length < 2;
    this.#options.show(['', ...names], String);
    if (client.value !== (this.#client ?? '')) client.value = this.#client ?? '';
    byId('pages').hidden = cursor === undefined && this.#cursors.length === 1;
    // Not `disabled`, which would take the focus away from whoever has just reached the last page.
    setAttribute(previous, 'aria-disabled', String(this.#cursors.length === 1));
    setAttribute(next, 'aria-disabled', String(cursor === undefined));
    setText(byId('page-number'), `Page ${this.#cursors.length}`);
  }

  /** @param {string | undefined} cursor of the page to show; none is known while that page is on its way */
  #turn(cursor) {
    if (cursor === undefined) return;
    this.#cursors.push(cursor);
    this.#next = undefined;
    this.onChange();
  }

  #turnBack() {
    if (this.#cursors.length === 1) return;
    this.#cursors.pop();
    this.onChange();
  }

  /** Another choice begins with its first page. */
  #begin() {
    this.#cursors = [undefined];
    const query = new URLSearchParams();
    if (this.filter !== '') query.set('filter', this.filter);
    if (this.client !== undefined) query.set('client', this.client);
    history.replaceState(null, '', `${location.pathname}${query.size > 0 ? `?${query}` : ''}`);
    this.onChange();
  }
}

function optionView() {
  const option = element('option');
  return {
    element: option,
    update(name) {
      option.value = name;
      setText(option, name === '' ? 'All clients' : name);
    },
  };
}
