const interval = 2_000;

/**
 * Loads again and again: 2 s after the last load, or five times as long as that took, so that a broker in trouble is
 * not asked the more. Rests while the page is hidden or paused.
 */
export class Polling {
  #timer;
  #running = new AbortController();
  #isPaused = false;

  /** @param {(signal: AbortSignal) => Promise<void>} load never rejects; an aborted one must change nothing */
  constructor(load) {
    this.load = load;
    document.addEventListener('visibilitychange', () => this.#isAtRest() || this.refresh());
  }

  get isPaused() {
    return this.#isPaused;
  }

  set isPaused(isPaused) {
    this.#isPaused = isPaused;
    if (isPaused) this.#stop();
    else this.refresh();
  }

  /** Loads now, even while paused; what is on its way is of no interest any more. */
  async refresh() {
    this.#stop();
    const { signal } = (this.#running = new AbortController());
    const began = performance.now();
    await this.load(signal);
    if (signal.aborted) return;
    const pause = Math.max(interval, 5 * (performance.now() - began));
    this.#timer = setTimeout(() => this.#isAtRest() || this.refresh(), pause);
  }

  #isAtRest() {
    return document.hidden || this.#isPaused;
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#running.abort();
  }
}
