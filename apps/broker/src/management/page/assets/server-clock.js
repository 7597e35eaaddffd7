/** The broker's clock, which need not be the browser's: bars are drawn by the one that the tokens were timed by. */
export class ServerClock {
  #offset = Date.now() - performance.now();

  /** @param {string} now what the broker's clock said when it answered just now */
  set(now) {
    this.#offset = Date.parse(now) - performance.now();
  }

  /** Milliseconds since 1970. */
  now() {
    return this.#offset + performance.now();
  }
}
