import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface ProxyRequest {
  method: string;
  /** Path and query, sent as they are: fetch would resolve "..". */
  path: string;
  headers: Record<string, string>;
}

/** What a broker answers to a proxy. */
export async function answerToProxy(broker: string, { method, path, headers }: ProxyRequest) {
  const { hostname, port } = new URL(broker);
  const sent = request({ hostname, port, method, path, headers }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: answer.statusCode!, headers: answer.headers, body: await text(answer) };
}
