import { element, setAttribute, setText, setTime } from './element.js';
import { timeline } from './timeline.js';
import { barSentence } from './token-words.js';
import { clockTime } from './words.js';

/** A token's life from issue to expiry: an image for those who see it, a sentence for all others. */
export class TokenBar {
  #failed = element('i', { class: 'failed' });
  #track = element(
    'div',
    { class: 'track', role: 'img' },
    element('div', { class: 'ahead' }),
    element('div', { class: 'spent' }),
    this.#failed,
    element('div', { class: 'now' }),
  );
  #issued = element('time');
  #expires = element('time');
  #ends = element('p', { class: 'ends', 'aria-hidden': 'true' }, this.#issued, this.#expires);
  element = element('div', { class: 'bar' }, this.#track, this.#ends);

  update({ token, now }) {
    const places = timeline(token, now);
    this.#track.classList.toggle('unknown', places === undefined);
    setAttribute(
      this.#track,
      'aria-label',
      places === undefined ? 'No token to draw' : barSentence(token, now),
    );
    if (places === undefined) return this.#clear();
    this.#track.style.setProperty('--now', `${places.now}%`);
    this.#track.style.setProperty('--renewal', `${places.renewal ?? 100}%`);
    this.#failed.hidden = places.failure === undefined;
    this.#failed.style.setProperty('--at', `${places.failure ?? 0}%`);
    setTime(this.#issued, token.issuedAt, clockTime(token.issuedAt, now), 'issued');
    setTime(this.#expires, token.expiresAt, clockTime(token.expiresAt, now), 'expires');
  }

  #clear() {
    this.#failed.hidden = true;
    setText(this.#issued, '');
    setText(this.#expires, '');
  }
}
