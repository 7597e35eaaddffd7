import type { Dispatcher } from 'undici';

type DispatchHeaders = Dispatcher.DispatchOptions['headers'];

/** Headers in any form that undici takes, with this `Authorization` and no other. */
export function withAuthorization(headers: DispatchHeaders, authorization: string): string[] {
  const others = pairsOf(headers).filter(([name]) => name.toLowerCase() !== 'authorization');
  const flat = others.flatMap(([name, value]) => [value].flat().flatMap((one) => [name, String(one ?? '')]));
  return [...flat, 'authorization', authorization];
}

type Pair = [name: string, value: string | readonly string[] | undefined];

function pairsOf(headers: DispatchHeaders): Pair[] {
  if (headers === undefined || headers === null) return [];
  if (Array.isArray(headers))
    return headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1]]] : []));
  const pairs = Symbol.iterator in headers ? [...(headers as Iterable<Pair>)] : Object.entries(headers);
  return (pairs as Pair[]).filter(([, value]) => value !== undefined);
}
