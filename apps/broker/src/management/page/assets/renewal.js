import { renewToken } from './broker-api.js';
import { showNotice } from './notice.js';
import { askToRenew } from './renew-dialog.js';
import { clockAndFromNow } from './words.js';

/** What the operator does about tokens: one renewal of each at a time. */
export class Renewals {
  #running = new Set();

  /** @param {(token: object) => void} onRenewed called with the row of a token after its renewal */
  constructor(clock, onChange, onRenewed) {
    this.clock = clock;
    this.onChange = onChange;
    this.onRenewed = onRenewed;
  }

  isRunning(id) {
    return this.#running.has(id);
  }

  async ask(token, budget) {
    const { id } = token;
    if (this.isRunning(id) || !(await askToRenew(token, budget)) || this.isRunning(id)) return;
    this.#running.add(id);
    this.onChange();
    await this.#renew(token);
    this.#running.delete(id);
    this.onChange();
  }

  async #renew(token) {
    const subject = `${token.client}, ${token.scopes.join(' ')}`;
    showNotice('pending', `Renewing ${subject}…`);
    try {
      const renewed = await renewToken(token);
      this.onRenewed(renewed);
      showNotice('done', `Renewed: ${subject}. ${this.#life(renewed)}`);
    } catch (fault) {
      showNotice(
        'failed',
        `${fault.status === undefined ? 'Not known whether renewed' : 'Not renewed'}: ${subject}. ${whyNot(fault)}`,
      );
    }
  }

  #life({ expiresAt }) {
    return expiresAt === undefined
      ? ''
      : `The new token expires at ${clockAndFromNow(expiresAt, this.clock.now())}.`;
  }
}

function whyNot({ message, status, retryAfter }) {
  const words =
    status === undefined ? `The broker was asked, but ${message}.` : `The broker says: ${message}.`;
  return retryAfter === undefined ? words : `${words} Try again in ${retryAfter} s.`;
}
