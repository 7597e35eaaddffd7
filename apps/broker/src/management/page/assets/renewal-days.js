import { fetchHistory } from './broker-api.js';

/** Milliseconds after which the last 24 hours of a token are loaded again though nothing is known to have happened. */
const maxAge = 15_000;
/** Tokens of one request, and tokens of which the days are kept. */
const batch = 100;
const kept = 2_000;

/** The last 24 hours of the tokens that are in view. */
export class RenewalDays {
  #known = new Map();

  /** @returns {{ from: string, renewed: number, failed: number }[] | undefined} undefined until it is loaded */
  of({ id }) {
    return this.#known.get(id)?.periods;
  }

  /** Loads what is not known or has changed. Leaves out what cannot be loaded: the next call tries again. */
  async load(tokens, signal) {
    const wanted = tokens.filter((token) => this.#isOutdated(token)).slice(0, batch);
    if (wanted.length === 0) return;
    const history = await fetchHistory(
      wanted.map(({ id }) => id),
      signal,
    );
    for (const token of wanted) {
      this.#known.delete(token.id);
      this.#known.set(token.id, {
        periods: history.tokens[token.id],
        at: performance.now(),
        version: versionOf(token),
      });
    }
    for (const id of [...this.#known.keys()].slice(0, -kept)) this.#known.delete(id);
  }

  #isOutdated(token) {
    const known = this.#known.get(token.id);
    return known?.version !== versionOf(token) || performance.now() - known.at > maxAge;
  }
}

function versionOf({ fingerprint, lastFailure }) {
  return `${fingerprint} ${lastFailure?.at}`;
}
