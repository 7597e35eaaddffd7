/** How many marks one bar has room for. */
const most = 12;

/** The API tells the last failure of each token; this remembers those before it, as long as the page is open. */
export class FailuresSeen {
  #byToken = new Map();

  /** @returns {string[]} instants of the failures since the token was issued, the earliest first */
  of({ id, issuedAt, lastFailure }) {
    const seen = this.#byToken.get(id) ?? [];
    const all = lastFailure === undefined || seen.includes(lastFailure.at) ? seen : [...seen, lastFailure.at];
    const onThisToken = all.filter((at) => issuedAt === undefined || Date.parse(at) >= Date.parse(issuedAt));
    this.#byToken.set(id, onThisToken.slice(-most));
    return this.#byToken.get(id);
  }

  /** @param {readonly { id: string }[]} tokens those that are still shown */
  keep(tokens) {
    const ids = new Set(tokens.map(({ id }) => id));
    for (const id of this.#byToken.keys()) if (!ids.has(id)) this.#byToken.delete(id);
  }
}
