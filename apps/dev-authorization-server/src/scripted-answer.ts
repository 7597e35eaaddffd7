import { type Answer, emptyAnswer, jsonAnswer } from './answer.js';
import { statusOf } from './oauth-error.js';

/** An answer that a test dictates: at most one kind of body, and nothing at all is a 200 with an empty one. */
export interface ScriptedAnswer {
  /** By default 200; 401 or 400 as RFC 6749 §5.2 has it for `error`; 302 for `redirectTo`; 429 for a `Retry-After`. */
  status?: number;
  /** Over those that the rest of the script makes. */
  headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Verbatim. */
  body?: string;
  /** Any bytes, in base64. */
  base64?: string;
  json?: unknown;
  /** The error code of a JSON error answer. */
  error?: string;
  /** A page such as a proxy puts in front. */
  html?: boolean;
  redirectTo?: string;
  /** `Retry-After`: seconds, or anything verbatim. */
  retryAfter?: number | string;
  /** `Retry-After` as an HTTP date: seconds after the Date header. */
  retryAfterDate?: number;
}

const page = '<!doctype html><title>Error</title><h1>The server is having a bad day</h1>';

/** @param date that of the Date header */
export function scriptedAnswer(script: ScriptedAnswer, date: Date): Answer {
  const { headers, body } = bodyOf(script);
  return {
    status: script.status ?? defaultStatus(script),
    headers: { ...headers, ...location(script), ...retryAfter(script, date), ...script.headers },
    body,
  };
}

function bodyOf(script: ScriptedAnswer): Pick<Answer, 'headers' | 'body'> {
  if (script.body !== undefined) return { headers: {}, body: Buffer.from(script.body) };
  if (script.base64 !== undefined) return { headers: {}, body: Buffer.from(script.base64, 'base64') };
  if (script.json !== undefined) return jsonAnswer(200, script.json);
  if (script.error !== undefined) {
    return jsonAnswer(200, { error: script.error, error_description: 'as the script has it' });
  }
  if (script.html === true) {
    return { headers: { 'content-type': 'text/html; charset=utf-8' }, body: Buffer.from(page) };
  }
  return emptyAnswer(200);
}

function defaultStatus(script: ScriptedAnswer): number {
  if (script.redirectTo !== undefined) return 302;
  if (script.retryAfter !== undefined || script.retryAfterDate !== undefined) return 429;
  return script.error === undefined ? 200 : statusOf(script.error);
}

function location({ redirectTo }: ScriptedAnswer): Answer['headers'] {
  return redirectTo === undefined ? {} : { location: redirectTo };
}

function retryAfter(script: ScriptedAnswer, date: Date): Answer['headers'] {
  if (script.retryAfter !== undefined) return { 'retry-after': String(script.retryAfter) };
  if (script.retryAfterDate === undefined) return {};
  const then = new Date(date.getTime() + script.retryAfterDate * 1000);
  return { 'retry-after': then.toUTCString() };
}
