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
  #renewal = timeLine('Renews', 'Was due');
  #expiry = timeLine('Expires', 'Expired');
  #failure = element('p', { class: 'failure' });
  #subject = element('span', { class: 'hidden' });
  #button = element('button', { class: 'quiet', type: 'button' }, 'Renew now', this.#subject);
  #fingerprint;
  #token;

  element = element(
    'li',
    { class: 'token' },
    element('div', { class: 'what' }, this.#scopes, this.#identity, this.#state),
    this.#bar.element,
    element('dl', { class: 'when' }, this.#renewal.element, this.#expiry.element),
    this.#button,
    this.#failure,
  );

  /** @param {(token: object) => void} onRenew told when the operator wants to renew it */
  constructor(onRenew) {
    this.#button.addEventListener('click', () => onRenew(this.#token));
  }

  update({ token, failures, now, isRenewing, clientReason }) {
    this.#token = token;
    const state = tokenState(token, now);
    setAttribute(this.element, 'data-state', isRenewing ? 'renewing' : state.name);
    setText(this.#state, isRenewing ? 'Being renewed…' : state.name === 'fresh' ? '' : state.words);
    this.#bar.update({ token, failures, now });
    this.#renewal.update(token.renewAt, now);
    this.#expiry.update(token.expiresAt, now);
    setText(this.#failure, failureSentence(token, now, clientReason) ?? '');
    this.#describe();
    this.#noticeNewToken();
  }

  #describe() {
    const { client, scopes, resources, fingerprint, tier } = this.#token;
    this.#tags.show(scopes.length === 0 ? ['no scope'] : scopes, String);
    setText(this.#subject, ` ${client}, ${scopes.join(' ')}`);
    const parts = [
      fingerprint,
      tier && `in ${tier === 'redis' ? 'Redis' : tier}`,
      resources.length > 0 && `for ${resources.join(', ')}`,
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
