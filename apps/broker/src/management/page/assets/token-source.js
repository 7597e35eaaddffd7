import { fetchEntitlements, fetchTokens } from './broker-api.js';

const pageSize = 1_000;
/** More tokens than these are not loaded: the operator chooses a client. */
const most = 20_000;
/** Up to so many tokens are loaded each time; of more, only those that have changed, and all of them once a minute. */
const few = 200;
const fullEvery = 60_000;
/** What changed while the last answer was made is asked for again. */
const overlap = 1_000;

/** All that the page shows, kept up to date at a cost that follows what has changed. */
export class TokenSource {
  #client;
  #tokens = new Map();
  #entitlements = [];
  #isCut = false;
  #fullAt = -Infinity;
  #asOf;

  /**
   * @param {string | undefined} client only its tokens
   * @throws BrokerFault; the reason of `signal` when that is aborted
   */
  async load(client, signal) {
    const isFull =
      client !== this.#client || this.#tokens.size <= few || performance.now() - this.#fullAt > fullEvery;
    const report = await (isFull ? this.#all(client, signal) : this.#changed(signal));
    this.#asOf = Date.parse(report.now);
    return { ...report, ...this.current };
  }

  get current() {
    const tokens = [...this.#tokens.values()];
    const byClient = Map.groupBy(tokens, ({ client }) => client);
    return { tokens, byClient, entitlements: this.#entitlements, isCut: this.#isCut };
  }

  put(token) {
    this.#tokens.set(token.id, token);
  }

  async #all(client, signal) {
    const tokens = new Map();
    const { entitlements } = await fetchEntitlements(signal);
    let report;
    let next;
    do {
      report = await fetchTokens({ client, after: next, limit: pageSize }, signal);
      for (const token of report.tokens) tokens.set(token.id, token);
      next = report.next;
    } while (next !== undefined && tokens.size < most);
    this.#client = client;
    this.#tokens = tokens;
    this.#entitlements = entitlements;
    this.#isCut = next !== undefined;
    this.#fullAt = performance.now();
    return report;
  }

  async #changed(signal) {
    const changedSince = new Date(this.#asOf - overlap).toISOString();
    const options = { client: this.#client, changedSince, limit: pageSize };
    const report = await fetchTokens(options, signal);
    const renewing = new Set(report.tokens.map(({ id }) => id));
    for (const token of this.#tokens.values())
      if (token.holder !== undefined && !renewing.has(token.id)) this.put({ ...token, holder: undefined });
    for (const token of report.tokens) this.put(token);
    if (report.next !== undefined) this.#fullAt = -Infinity;
    return report;
  }
}
