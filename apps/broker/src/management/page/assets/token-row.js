import { copyButton } from './copy.js';
import { DayChart } from './day-chart.js';
import { element, setAttribute, setText, setTime } from './element.js';
import { KeyedList } from './keyed-list.js';
import { TokenBar } from './token-bar.js';
import { failureSentence, tokenState } from './token-words.js';
import { clockTime, fromNow } from './words.js';

/** How long a row shows that its token is new. */
const highlight = 4_000;

/** One token, as an item of its client's list. */
export class TokenRow {
  #scopes = element('p', { class: 'scopes' });
  #tags = new KeyedList(this.#scopes, scopeTag);
  #identity = element('p', { class: 'identity' });
  #state = element('p', { class: 'state' });
  #bar = new TokenBar();
  #day = new DayChart();
  #renewal = timeLine('Renews', 'Was due');
  #expiry = timeLine('Expires', 'Expired');
  #failure = element('p', { class: 'failure' });
  #subject = element('span', { class: 'hidden' });
  #button = element('button', { class: 'quiet', type: 'button' }, 'Renew now', this.#subject);
  #copied = element('span', { class: 'hidden' });
  #fingerprint;
  #token;

  element = element(
    'li',
    { class: 'token' },
    element('div', { class: 'what' }, this.#scopes, this.#identity, this.#state),
    element('div', { class: 'life' }, this.#bar.element, this.#day.element),
    element('dl', { class: 'when' }, this.#renewal.element, this.#expiry.element),
  );

  /** @param {{ onRenew(token: object): void, curl(token: object): string }} actions */
  constructor({ onRenew, curl }) {
    this.#button.addEventListener('click', () => onRenew(this.#token));
    const copy = copyButton('Copy curl', () => curl(this.#token), this.#copied);
    this.element.append(element('div', { class: 'acts' }, this.#button, copy), this.#failure);
  }

  update({ token, now, group, list }) {
    const { day, consumers, isRenewing } = list.about(token);
    this.#token = token;
    const state = tokenState(token, now);
    setAttribute(this.element, 'data-state', isRenewing ? 'renewing' : state.name);
    setText(this.#state, isRenewing ? 'Being renewed…' : state.name === 'fresh' ? '' : state.words);
    this.#bar.update({ token, now });
    this.#day.update(day, now);
    this.#renewal.update(token.renewAt, now);
    this.#expiry.update(token.expiresAt, now);
    setText(this.#failure, failureSentence(token, now, group.reason) ?? '');
    this.#describe(consumers);
    this.#noticeNewToken();
  }

  #describe(consumers) {
    const { client, scopes, resources, authorizationDetails = [], fingerprint, tier } = this.#token;
    this.#tags.show(scopes.length === 0 ? ['no scope'] : scopes, String);
    setText(this.#subject, ` ${client}, ${scopes.join(' ')}`);
    setText(this.#copied, ` of ${client}, ${scopes.join(' ')}`);
    const parts = [
      fingerprint,
      tier && `in ${tier === 'redis' ? 'Redis' : tier}`,
      resources.length > 0 && `for ${resources.join(', ')}`,
      authorizationDetails.length > 0 &&
        `with ${authorizationDetails.map((detail) => JSON.stringify(detail)).join(', ')}`,
      consumers.length > 0 ? `used by ${someOf(consumers)}` : 'no consumer may have it',
    ];
    setText(this.#identity, parts.filter(Boolean).join(' · '));
    setAttribute(this.#identity, 'title', fingerprint && "The first 12 hex digits of the token's SHA-256");
  }

  #noticeNewToken() {
    const { fingerprint } = this.#token;
    const isNew =
      this.#fingerprint !== undefined && fingerprint !== undefined && fingerprint !== this.#fingerprint;
    this.#fingerprint = fingerprint ?? this.#fingerprint;
    if (!isNew) return;
    this.element.classList.add('new');
    setTimeout(() => this.element.classList.remove('new'), highlight);
  }
}

/** The first few names. */
function someOf(names) {
  const [few, rest] = [names.slice(0, 3).join(', '), names.length - 3];
  return rest > 0 ? `${few} and ${rest} more` : few;
}

function scopeTag() {
  const tag = element('span', { class: 'scope' });
  return { element: tag, update: (scope) => setText(tag, scope) };
}

/** @param {string} ahead and `past`: what happens at the instant, and what has happened */
function timeLine(ahead, past) {
  const name = element('dt');
  const relative = element('time');
  const clock = element('span', { class: 'clock' });
  const line = element('div', {}, name, element('dd', {}, relative, ' ', clock));
  return {
    element: line,
    update(iso, now) {
      line.hidden = iso === undefined;
      if (iso === undefined) return;
      setText(name, Date.parse(iso) > now ? ahead : past);
      setTime(relative, iso, fromNow(iso, now), clockTime(iso, now));
      setText(clock, clockTime(iso, now));
    },
  };
}
