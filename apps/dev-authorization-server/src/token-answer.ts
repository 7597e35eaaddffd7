import { type Answer, jsonAnswer } from './answer.js';
import type { Effects } from './misbehaviour.js';
import type { Decision } from './token-endpoint.js';

/** RFC 6749 §5.1: neither answers with a token nor refusals may be kept. */
const uncached = { 'cache-control': 'no-store', pragma: 'no-cache' };

/** The decision as an answer, with its fields twisted as the misbehaviour says. Refusals stay honest. */
export function tokenAnswer(decision: Decision, effects: Effects): Answer {
  const headers = { ...uncached, ...decision.headers };
  if (decision.status !== 200) return jsonAnswer(decision.status, decision.fields, headers);
  const fields = twisted(decision.fields, effects);
  if (effects.form === true) return formAnswer(fields, headers);
  const answer = jsonAnswer(200, fields, headers);
  return effects.rawFields === undefined ? answer : { ...answer, body: appended(fields, effects.rawFields) };
}

function twisted(
  honest: Decision['fields'],
  { fields = {}, withoutFields = [] }: Effects,
): Record<string, unknown> {
  // Spreading copies an own `__proto__` as an own one: it reaches the JSON, and no prototype.
  const merged = Object.entries({ ...honest, ...fields });
  return Object.fromEntries(merged.filter(([name]) => !withoutFields.includes(name)));
}

function formAnswer(fields: Record<string, unknown>, headers: Answer['headers']): Answer {
  const form = new URLSearchParams(Object.entries(fields).map(([name, value]) => [name, String(value)]));
  return {
    status: 200,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: Buffer.from(form.toString()),
  };
}

function appended(fields: Record<string, unknown>, raw: string): Buffer {
  const members = JSON.stringify(fields).slice(1, -1);
  return Buffer.from(`{${[members, raw].filter((part) => part !== '').join(',')}}`);
}
