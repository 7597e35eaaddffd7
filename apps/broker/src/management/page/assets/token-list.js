import { ClientPanel } from './client-panel.js';
import { byId, setText } from './element.js';
import { FailuresSeen } from './failures-seen.js';
import { KeyedList } from './keyed-list.js';
import { counted } from './words.js';

/** The lower part of the page: clients with their tokens. */
export class TokenList {
  #panels;
  #seen = new FailuresSeen();
  #budgets = new Map();

  /** @param {{ isRunning(id: string): boolean, ask(token: object, budget: object): void }} renewals */
  constructor(renewals, idOf) {
    this.renewals = renewals;
    const renew = (token) => renewals.ask(token, this.#budgets.get(token.client));
    this.#panels = new KeyedList(byId('clients'), ({ client }) => new ClientPanel(idOf(client.name), renew));
  }

  update(report, now, choice) {
    this.#budgets = new Map(report.clients.map(({ name, budget }) => [name, budget]));
    this.#seen.keep(report.tokens);
    const groups = clientsOf(report).map((client) => ({
      client,
      now,
      rows: this.#rowsOf(client, report.tokens, now),
      emptyWords: emptyWords(client, report, choice),
    }));
    const shown = groups.filter(({ client, rows }) => rows.length > 0 || isChosen(client, choice));
    this.#panels.show(shown, ({ client }) => client.name);
    this.#count(report, choice, shown.length === 0);
  }

  #rowsOf({ name, reason }, tokens, now) {
    return tokens
      .filter(({ client }) => client === name)
      .map((token) => ({
        token,
        now,
        failures: this.#seen.of(token),
        isRenewing: this.renewals.isRunning(token.id),
        clientReason: reason,
      }));
  }

  #count({ tokens, next }, { isAll, filter }, isEmpty) {
    const more = next === undefined ? '' : ' on this page';
    setText(byId('count'), `${counted(tokens.length, 'token')}${isAll ? '' : ' chosen'}${more}`);
    byId('tokens').hidden = false;
    byId('legend').hidden = tokens.length === 0;
    byId('nothing').hidden = !isEmpty;
    setText(
      byId('nothing'),
      filter === '' ? 'No client is in the settings.' : `No token matches “${filter}”.`,
    );
  }
}

/** Those of the settings, and those whose tokens are still here. */
function clientsOf({ clients, tokens }) {
  const known = new Set(clients.map(({ name }) => name));
  const others = [...new Set(tokens.map(({ client }) => client))].filter((name) => !known.has(name));
  return [...clients, ...others.map((name) => ({ name, state: 'fine' }))];
}

/** Whether a client without tokens is shown, too. */
function isChosen({ name }, { filter, client }) {
  return filter === '' && (client === undefined || client === name);
}

function emptyWords({ state }, { next }, { after }) {
  if (after !== undefined || next !== undefined) return 'None on this page.';
  return state === 'fine' ? 'No token yet. One is asked for as soon as a service wants it.' : 'No token.';
}
