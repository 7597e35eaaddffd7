import { byId, element, setText } from './element.js';
import { KeyedList } from './keyed-list.js';

const [filter, client] = ['filter', 'client'].map(byId);
/** A pause in typing. */
const settled = 250;

/** Which tokens the operator wants to see: kept in the page's address, so that it can be shared and reloaded. */
export class Choice {
  #options = new KeyedList(client, () => optionView());
  #client;

  /** @param {{ onFilter(): void, onClient(): void }} listeners */
  constructor({ onFilter, onClient }) {
    const query = new URLSearchParams(location.search);
    filter.value = query.get('filter') ?? '';
    this.#client = query.get('client') || undefined;
    let timer;
    filter.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.#keep(onFilter), settled);
    });
    client.addEventListener('change', () => {
      this.#client = client.value || undefined;
      this.#keep(onClient);
    });
  }

  get filter() {
    return filter.value.trim();
  }

  get client() {
    return this.#client;
  }

  get isAll() {
    return this.filter === '' && this.client === undefined;
  }

  /** Shows what there is to choose from. */
  update({ clients }) {
    const names = [...new Set([...clients.map(({ name }) => name), ...(this.#client ? [this.#client] : [])])];
    byId('client-choice').hidden = names.length < 2;
    this.#options.show(['', ...names], String);
    if (client.value !== (this.#client ?? '')) client.value = this.#client ?? '';
  }

  #keep(onChange) {
    const query = new URLSearchParams();
    if (this.filter !== '') query.set('filter', this.filter);
    if (this.client !== undefined) query.set('client', this.client);
    history.replaceState(null, '', `${location.pathname}${query.size > 0 ? `?${query}` : ''}`);
    onChange();
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
