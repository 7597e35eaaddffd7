/** What an authorization server says of its own limit for us. */
export interface RateLimit {
  limit: number | undefined;
  remaining: number;
  /** Milliseconds until there is more. */
  resetsIn: number | undefined;
}

/** Seconds: a reset beyond this is an instant, as GitHub and others send it. */
const leastInstant = 1_000_000_000;

/** Longer fields are no rate limit. */
const longestField = 1_000;

/**
 * Reads the rate-limit fields of a response: `RateLimit` (draft-ietf-httpapi-ratelimit-headers, in all its forms),
 * `X-RateLimit-*`, and the token quotas of Auth0. Of several limits the one that is the most used up.
 * @param wallTime milliseconds since 1970
 * @param assumed what remains where only the reset is named, as on a 429 of Okta
 */
export function readRateLimit(
  headers: Pick<Headers, 'get'>,
  wallTime: number,
  assumed?: number,
): RateLimit | undefined {
  const field = (name: string) => headers.get(name)?.slice(0, longestField) ?? '';
  const policy = new Map(items(field('ratelimit-policy')).map((item) => [item.get(''), item.get('q')]));
  const found = [
    ...items(field('auth0-client-quota-limit')),
    ...items(field('auth0-organization-quota-limit')),
    ...items(field('ratelimit')).map((item) => new Map([['q', policy.get(item.get('')) ?? ''], ...item])),
    ...['ratelimit', 'x-ratelimit', 'x-rate-limit'].map(
      (prefix) =>
        new Map([
          ['q', field(`${prefix}-limit`)],
          ['r', field(`${prefix}-remaining`)],
          ['t', field(`${prefix}-reset`)],
        ]),
    ),
  ];
  const limits = found.flatMap((item) => rateLimit(item, wallTime, assumed) ?? []);
  return limits.toSorted((a, b) => shareLeft(a) - shareLeft(b))[0];
}

/** Items of a list with their parameters; what stands before the first `;` is '' unless it is a parameter, too. */
function items(text: string): Map<string, string>[] {
  // An early form of the draft has one item whose parameters are separated by commas.
  const early = /^\s*limit=(\d+),\s*remaining=(\d+),\s*reset=(\d+)/i.exec(text);
  if (early !== null)
    return [
      new Map([
        ['q', early[1]!],
        ['r', early[2]!],
        ['t', early[3]!],
      ]),
    ];
  return text
    .split(',')
    .filter((item) => item.includes(';'))
    .map((item) => new Map(item.split(';').map((part) => keyed(part.trim()))));
}

function keyed(part: string): [string, string] {
  const [, key = '', value = part] = /^([a-z]+)=(.*)$/.exec(part) ?? [];
  return [key, value];
}

function rateLimit(
  item: ReadonlyMap<string, string>,
  wallTime: number,
  assumed: number | undefined,
): RateLimit | undefined {
  const [limit, said, reset] = ['q', 'r', 't'].map((key) => whole(item.get(key)));
  const remaining = said ?? (reset === undefined ? undefined : assumed);
  if (remaining === undefined) return undefined;
  const seconds = reset !== undefined && reset >= leastInstant ? untilInstant(reset, wallTime) : reset;
  return { limit, remaining, resetsIn: seconds === undefined ? undefined : Math.max(0, seconds * 1_000) };
}

/** Some send the instant in milliseconds. */
function untilInstant(reset: number, wallTime: number): number {
  return (reset < 100 * leastInstant ? reset : reset / 1_000) - wallTime / 1_000;
}

/** `100`, or the first of `100, 100;w=60`. */
function whole(text = ''): number | undefined {
  const [digits] = /^\s*\d{1,15}/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

function shareLeft({ limit, remaining }: RateLimit): number {
  return limit ? remaining / limit : Infinity;
}
