import { fetchConsumers } from './broker-api.js';
import { consumerName, credentialLine } from './consumer-words.js';
import { byId, element, setText } from './element.js';
import { KeyedList } from './keyed-list.js';
import { clockAndFromNow } from './words.js';

/** Who asks for what, by which credential. Loaded only while it is open. */
export class ConsumerTable {
  #rows = new KeyedList(byId('consumers-rows'), rowView);
  #details = byId('consumers');

  /** @param {() => void} onOpen called when its content is wanted */
  constructor(onOpen) {
    this.#details.addEventListener('toggle', () => this.#details.open && onOpen());
  }

  /** @throws BrokerFault */
  async load(signal) {
    if (!this.#details.open) return;
    const { consumers, next, now, replica } = await fetchConsumers(signal);
    if (signal.aborted) return;
    this.#rows.show(
      consumers.map((consumer) => ({ consumer, now: Date.parse(now) })),
      ({ consumer }) => consumer.name,
    );
    setText(byId('consumers-replica'), replica);
    byId('consumers-more').hidden = next === undefined;
  }
}

function rowView() {
  const [name, ...cells] = ['th', 'td', 'td', 'td', 'td', 'td'].map((tag) => element(tag));
  name.setAttribute('scope', 'row');
  return {
    element: element('tr', {}, name, ...cells),
    update({ consumer, now }) {
      const at = (iso) => (iso === undefined ? 'never' : clockAndFromNow(iso, now));
      const texts = textsOf(consumer, now, at);
      setText(name, consumerName(consumer));
      for (const [n, text] of texts.entries()) setText(cells[n], text);
    },
  };
}

function textsOf({ lastSeen, outcomes, credentials, requests, refusals }, now, at) {
  const { served = 0, ...refused } = outcomes;
  const counts = Object.entries(refused).map(([error, count]) => `${error}: ${count}`);
  const [last] = refusals;
  return [
    at(lastSeen),
    String(served),
    credentials.map((one) => credentialLine(one, now, at)).join('\n'),
    requests.map((one) => `${one.client} ${one.scopes}: ${one.served}`).join('\n'),
    [
      ...counts,
      ...(last ? [`last ${at(last.at)} from ${last.address}${last.asked ? `, ${last.asked}` : ''}`] : []),
    ].join('\n'),
  ];
}
