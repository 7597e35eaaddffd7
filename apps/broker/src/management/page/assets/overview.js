import { byId, element, setAttribute, setText } from './element.js';
import { facts } from './facts.js';
import { KeyedList } from './keyed-list.js';
import { troubles } from './troubles.js';

/** The upper part of the page: the state of the broker, and what needs attention. */
export class Overview {
  #facts = new KeyedList(byId('facts'), factView);
  #troubles;
  #announced = new Set();

  /** @param {(client: string) => string} idOf the id of a client's panel */
  constructor(idOf) {
    this.#troubles = new KeyedList(byId('troubles-list'), () => troubleView(idOf));
  }

  update(report, now) {
    const found = troubles(report, now);
    setText(byId('replica'), report.replica);
    setText(byId('version'), `version ${report.version}`);
    this.#links(report.links);
    this.#facts.show(facts(report, now), ({ name }) => name);
    byId('troubles').hidden = found.length === 0;
    setAttribute(byId('troubles'), 'data-tone', found.some(({ isGrave }) => isGrave) ? 'bad' : 'warn');
    this.#troubles.show(
      found.map((trouble) => ({ ...trouble, runbook: report.links.runbook })),
      ({ key }) => key,
    );
    this.#announce(found);
    document.title = found.length === 0 ? 'Token broker' : `(${found.length}) Token broker`;
  }

  #links({ runbook, dashboard }) {
    setAttribute(byId('runbook'), 'href', runbook);
    byId('dashboard').hidden = dashboard === undefined;
    setAttribute(byId('dashboard'), 'href', dashboard);
  }

  /** Reads out what is new: not each second, when words such as "12 s ago" change. */
  #announce(found) {
    const fresh = found.filter(({ key }) => !this.#announced.has(key));
    const isOver = found.length === 0 && this.#announced.size > 0;
    this.#announced = new Set(found.map(({ key }) => key));
    if (fresh.length > 0)
      setText(byId('announcer'), `Needs attention: ${fresh.map(({ words }) => words).join('. ')}`);
    if (isOver) setText(byId('announcer'), 'Nothing needs attention any more.');
  }
}

function factView() {
  const [name, value, detail] = [
    element('dt'),
    element('dd', { class: 'value' }),
    element('dd', { class: 'detail' }),
  ];
  const view = element('div', {}, name, value, detail);
  return {
    element: view,
    update(fact) {
      setAttribute(view, 'data-tone', fact.tone);
      setText(name, fact.name);
      setText(value, fact.value);
      setText(detail, fact.detail);
    },
  };
}

function troubleView(idOf) {
  const [words, link, runbook] = [element('span'), element('a', {}, 'Show'), element('a', {}, 'Runbook')];
  const details = element('ul', { class: 'details' });
  const list = new KeyedList(details, detailView);
  return {
    element: element('li', {}, words, ' ', link, ' ', runbook, details),
    update(trouble) {
      setAttribute(runbook, 'href', `${trouble.runbook}#${trouble.alert.toLowerCase()}`);
      setAttribute(runbook, 'aria-label', `Runbook: ${trouble.alert}`);
      list.show(trouble.details ?? [], String);
      setText(words, trouble.words);
      link.hidden = trouble.client === undefined;
      setAttribute(link, 'href', trouble.client === undefined ? undefined : `#${idOf(trouble.client)}`);
      setAttribute(link, 'aria-label', trouble.client === undefined ? undefined : `Show ${trouble.client}`);
    },
  };
}

function detailView() {
  const view = element('li');
  return { element: view, update: (words) => setText(view, words) };
}
