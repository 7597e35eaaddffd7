import { ClientPanel } from './client-panel.js';
import { curlOf } from './curl.js';
import { byId, setAttribute, setText } from './element.js';
import { KeyedList } from './keyed-list.js';
import { RenewalDays } from './renewal-days.js';
import { inOrder } from './token-order.js';
import { consumersByToken, tokenFilter } from './token-search.js';
import { counted } from './words.js';

const list = byId('clients');
/** Milliseconds after the pointer moved over the list, or while the focus is in it, for which nothing changes its place. */
const steadyFor = 5_000;

/** The lower part of the page: clients with their tokens. */
export class TokenList {
  #panels;
  #days = new RenewalDays();
  #folded = new Set(JSON.parse(sessionStorage.getItem('folded') ?? '[]'));
  #budgets = new Map();
  #links = {};
  #groups = [];
  #pointedAt = -Infinity;
  #shown = {};

  /** @param {{ isRunning(id: string): boolean, ask(token: object, budget: object): void }} renewals */
  constructor(renewals, idOf, clock) {
    this.renewals = renewals;
    this.clock = clock;
    this.#panels = new KeyedList(list, ({ client: { name } }) => {
      return new ClientPanel(idOf(name), {
        onRenew: (token) => renewals.ask(token, this.#budgets.get(token.client)),
        onFold: () => this.#fold([name], !this.#folded.has(name)),
        curl: (token) => curlOf(token, this.#links.consumers),
      });
    });
    list.addEventListener('pointermove', () => (this.#pointedAt = performance.now()));
    byId('fold-all').addEventListener('click', () => {
      const names = this.#groups.map(({ client }) => client.name);
      this.#fold(names, !names.every((name) => this.#folded.has(name)));
    });
    addEventListener('hashchange', () => {
      const group = this.#groups.find(({ client }) => `#${idOf(client.name)}` === location.hash);
      if (group !== undefined) this.#fold([group.client.name], false);
    });
  }

  /** Shows another report. */
  update(report, now, choice) {
    this.#budgets = new Map(report.clients.map(({ name, budget }) => [name, budget]));
    this.#links = report.links;
    const isWanted = tokenFilter(choice.filter, report.entitlements);
    const clients = clientsOf(report);
    const chosen = new Map(
      clients.map(({ name }) => [name, (report.byClient.get(name) ?? []).filter(isWanted)]),
    );
    const groups = inOrder(clients, chosen, now).filter(
      ({ client, tokens }) => tokens.length > 0 || isChosen(client, choice),
    );
    this.#groups = this.#isSteady() ? keptInPlace(groups, this.#groups) : groups;
    this.#shown = { consumersOf: consumersByToken(report.entitlements) };
    this.#count(report, choice);
    this.render(now);
  }

  /** Shows the same at a later time. */
  render(now) {
    const shown = this.#groups.map((group) => ({
      ...group,
      now,
      isFolded: this.#folded.has(group.client.name),
      rows: group.tokens.map((token) => ({ token, now, group: group.client, list: this })),
      emptyWords: emptyWords(group.client),
    }));
    this.#panels.show(shown, ({ client }) => client.name);
    const isAllFolded = this.#groups.every(({ client }) => this.#folded.has(client.name));
    setText(byId('fold-all'), isAllFolded ? 'Unfold all' : 'Fold all');
  }

  /** Of a row besides its token. */
  about(token) {
    return {
      day: this.#days.of(token),
      consumers: this.#shown.consumersOf(token),
      isRenewing: this.renewals.isRunning(token.id),
    };
  }

  /** Loads the last 24 hours of what is in view. */
  async loadDays(signal) {
    const inView = [...this.#panels.views].flatMap((panel) => panel.inView);
    await this.#days.load(inView, signal);
  }

  #fold(names, isFolded) {
    for (const name of names) this.#folded[isFolded ? 'add' : 'delete'](name);
    sessionStorage.setItem('folded', JSON.stringify([...this.#folded]));
    this.render(this.clock.now());
  }

  /** Nothing moves away under the pointer or the focus. */
  #isSteady() {
    return performance.now() - this.#pointedAt < steadyFor || list.contains(document.activeElement);
  }

  #count({ tokens, isCut }, { isAll, filter }) {
    const found = this.#groups.reduce((sum, group) => sum + group.tokens.length, 0);
    const words = isAll ? counted(found, 'token') : `${counted(found, 'token')} chosen`;
    setText(byId('count'), isCut ? `The first ${counted(tokens.length, 'token')}: choose a client` : words);
    byId('tokens').hidden = false;
    byId('legend').hidden = found === 0;
    byId('nothing').hidden = this.#groups.length > 0;
    byId('fold-all').hidden = this.#groups.length < 2;
    setAttribute(list, 'aria-busy', 'false');
    setText(
      byId('nothing'),
      filter === '' ? 'No client is in the settings.' : `No token matches “${filter}”.`,
    );
  }
}

/** Those of the settings, and those whose tokens are still here. */
function clientsOf({ clients, byClient }) {
  const known = new Set(clients.map(({ name }) => name));
  const others = [...byClient.keys()].filter((name) => !known.has(name));
  return [...clients, ...others.map((name) => ({ name, state: 'fine' }))];
}

/** Whether a client without tokens is shown, too. */
function isChosen({ name }, { filter, client }) {
  return filter === '' && (client === undefined || client === name);
}

function emptyWords({ state }) {
  return state === 'fine' ? 'No token yet. One is requested as soon as a consumer needs it.' : 'No token.';
}

/** The groups and their tokens in the order of before; what is new comes last. */
function keptInPlace(groups, before) {
  const inOldOrder = (items, old, keyOf) => {
    const places = new Map(old.map((item, n) => [keyOf(item), n]));
    const placeOf = (item) => places.get(keyOf(item)) ?? Infinity;
    return items.toSorted((a, b) => (placeOf(a) === placeOf(b) ? 0 : placeOf(a) - placeOf(b)));
  };
  const old = new Map(before.map((group) => [group.client.name, group.tokens]));
  return inOldOrder(groups, before, ({ client }) => client.name).map((group) => ({
    ...group,
    tokens: inOldOrder(group.tokens, old.get(group.client.name) ?? [], ({ id }) => id),
  }));
}
