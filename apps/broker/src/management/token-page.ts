import { Failure } from '#tokens/model/failures.js';

/** Which part of all tokens is asked for. */
export interface TokenPage {
  /** Only those of this client. */
  client: string | undefined;
  limit: number;
  after: Cursor;
}

/** Where a page begins: among what is in memory, after the one so named; or, when all of that has been listed, in the schedule. */
export type Cursor = { memory: string } | { schedule: string };

const parameters = ['client', 'limit', 'after'];
const usualLimit = 200;
const mostAtOnce = 1_000;

/**
 * Reads the query of a page.
 * @throws Failure `invalid_request`
 */
export function parseTokenPage(query: Readonly<Record<string, unknown>>): TokenPage {
  const isKnown = Object.entries(query).every(
    ([name, value]) => parameters.includes(name) && typeof value === 'string',
  );
  if (!isKnown) {
    throw new Failure('invalid_request', `ask with ${parameters.join(', ')}, each once or not at all`);
  }
  const { client, limit, after } = query as Record<string, string | undefined>;
  return { client, limit: limitOf(limit), after: cursorOf(after) };
}

/** The text that leads to a page. */
export function cursorText(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return usualLimit;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= mostAtOnce) return limit;
  throw new Failure('invalid_request', `limit must be a whole number from 1 to ${mostAtOnce}`);
}

function cursorOf(text: string | undefined): Cursor {
  if (text === undefined) return { memory: '' };
  const { memory, schedule } = fields(Buffer.from(text, 'base64url').toString());
  if (typeof memory === 'string') return { memory };
  if (typeof schedule === 'string') return { schedule };
  throw new Failure('invalid_request', 'after must be the `next` of an earlier answer');
}

function fields(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
