import type { TokenReply } from '#test/broker-process.js';

export interface Row {
  id: string;
  client: string;
  scopes: string[];
  fingerprint?: string;
  [field: string]: unknown;
}

export interface TokensAnswer {
  replica: string;
  now: string;
  store: Record<string, unknown>;
  settings: Record<string, unknown>;
  replicas: { name: string; lastSeen: string }[];
  clients: Record<string, unknown>[];
  tokens: Row[];
  next?: string;
}

/** The operators' side of a broker, as its status page uses it. */
export class OperatorsApi {
  /** All that it has answered, for a look at what must not be in there. */
  readonly heard: string[] = [];

  constructor(private readonly broker: { readonly management: string }) {}

  async tokens(query = ''): Promise<TokensAnswer> {
    const { status, body } = await this.send(`/api/tokens${query}`, {});
    if (status !== 200) throw new Error(`/api/tokens answered ${status} ${JSON.stringify(body)}`);
    return body as unknown as TokensAnswer;
  }

  renew(order: unknown, headers: Record<string, string> = {}): Promise<TokenReply> {
    return this.send('/api/tokens/renew', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof order === 'string' ? order : JSON.stringify(order),
    });
  }

  async send(path: string, request: RequestInit): Promise<TokenReply> {
    const answer = await fetch(`${this.broker.management}${path}`, request);
    const text = await answer.text();
    this.heard.push(text);
    const { status, headers } = answer;
    return { status, headers, body: JSON.parse(text) as Record<string, unknown> };
  }
}
