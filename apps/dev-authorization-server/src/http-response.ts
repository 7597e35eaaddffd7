import type { Effects, Headers, ScriptedResponse } from './misbehaviour.js';
import type { Decision } from './token-endpoint.js';
import { statusOf } from './token-request.js';

/** An HTTP response, whole and not yet sent. */
export interface HttpResponse {
  status: number;
  headers: Headers;
  body: Buffer;
}

const page = '<!doctype html><title>Error</title><h1>The server is having a bad day</h1>';

/** RFC 6749 §5.1: neither tokens nor refusals may be cached. */
const noStore = { 'cache-control': 'no-store', pragma: 'no-cache' };

export function jsonResponse(status: number, value: unknown, headers: Headers = {}): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify(value)),
  };
}

export function emptyResponse(status: number, headers: Headers = {}): HttpResponse {
  return { status, headers, body: Buffer.alloc(0) };
}

/** @param date that of the Date header */
export function scriptedResponse(script: ScriptedResponse, date: Date): HttpResponse {
  const { redirectTo, retryAfter, retryAfterDate } = script;
  const wait =
    retryAfterDate === undefined
      ? retryAfter
      : new Date(date.getTime() + retryAfterDate * 1000).toUTCString();
  const { headers, body } = scriptedBody(script);
  return {
    status: script.status ?? defaultStatus(script),
    headers: {
      ...headers,
      ...(redirectTo === undefined ? {} : { location: redirectTo }),
      ...(wait === undefined ? {} : { 'retry-after': String(wait) }),
      ...script.headers,
    },
    body,
  };
}

function scriptedBody({ body, base64, json, error, html }: ScriptedResponse): HttpResponse {
  if (body !== undefined) return { ...emptyResponse(200), body: Buffer.from(body) };
  if (base64 !== undefined) return { ...emptyResponse(200), body: Buffer.from(base64, 'base64') };
  if (json !== undefined) return jsonResponse(200, json);
  if (error !== undefined) return jsonResponse(200, { error, error_description: 'as the script has it' });
  if (html !== true) return emptyResponse(200);
  return { ...emptyResponse(200, { 'content-type': 'text/html; charset=utf-8' }), body: Buffer.from(page) };
}

function defaultStatus({ error, redirectTo, retryAfter, retryAfterDate }: ScriptedResponse): number {
  if (redirectTo !== undefined) return 302;
  if (retryAfter !== undefined || retryAfterDate !== undefined) return 429;
  return error === undefined ? 200 : statusOf(error);
}

/** The decision as a response, mutated as the misbehaviour says. Refusals stay honest. */
export function tokenResponse(decision: Decision, effects: Effects): HttpResponse {
  const headers = { ...noStore, ...decision.headers };
  if (decision.status !== 200) return jsonResponse(decision.status, decision.fields, headers);
  const { status = 200, fields: added, withoutFields = [], form, rawFields } = effects;
  // Spreading copies an own `__proto__` as an own one: it reaches the JSON, and no prototype.
  const merged = Object.entries({ ...decision.fields, ...added });
  const fields = merged.filter(([name]) => !withoutFields.includes(name));
  const json = jsonResponse(status, Object.fromEntries(fields), headers);
  if (form === true) {
    const body = new URLSearchParams(fields.map(([name, value]) => [name, String(value)]));
    return {
      ...json,
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      body: Buffer.from(body.toString()),
    };
  }
  if (rawFields === undefined) return json;
  const members = [json.body.toString().slice(1, -1), rawFields].filter((part) => part !== '');
  return { ...json, body: Buffer.from(`{${members.join(',')}}`) };
}
