import type { IncomingMessage, ServerResponse } from 'node:http';
import { claimedClient } from './client-authentication.js';
import type { Controls } from './controls.js';
import { deliver } from './delivery.js';
import { emptyResponse, type HttpResponse, scriptedResponse, tokenResponse } from './http-response.js';
import { type Effects, type Subject, sortedScopes } from './misbehaviour.js';
import { readBody } from './router.js';
import type { TokenEndpoint } from './token-endpoint.js';
import { parameter, type TokenRequest } from './token-request.js';

/** Takes a token request from its arrival to its last byte: counted, held, decided, mutated, sent. */
export class TokenRequestHandler {
  /**
   * @param lifetime seconds
   * @param now milliseconds since 1970, by the right clock
   */
  constructor(
    private readonly controls: Controls,
    private readonly endpoint: TokenEndpoint,
    private readonly lifetime: number,
    private readonly now: () => number,
  ) {}

  async handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(incoming);
    const request = { headers: incoming.headers, parameters: new URLSearchParams(body.toString('utf8')) };
    const subject = this.#subject(request);
    const flight = this.controls.counter.arrived(subject);
    response.once('close', flight.ended);
    await this.controls.released();
    if (response.destroyed) return;
    const effects = this.controls.faults.take(subject);
    const { result, outcome } = await this.#respond(request, effects);
    flight.decided(transportOutcome(effects) ?? outcome);
    await deliver(result, effects, response, flight.ended);
  }

  /** What a token request claims, believed for counting and scripting only. */
  #subject(request: TokenRequest): Subject {
    const { clients } = this.controls;
    const client = claimedClient(request, clients);
    const scope = parameter(request, 'scope') ?? clients.find(client)?.scopes.join(' ') ?? '';
    return { client, scopeSet: sortedScopes(scope) };
  }

  async #respond(
    request: TokenRequest,
    effects: Effects,
  ): Promise<{ result: HttpResponse; outcome: string }> {
    if (effects.hang || effects.close) return { result: emptyResponse(200), outcome: '' };
    const { lifetime = this.lifetime, clockOffset = 0, activeAfter = 0, sameTokenAgain = false } = effects;
    const date = new Date(this.now() + clockOffset * 1000);
    if (effects.answer !== undefined) {
      const scripted = scriptedResponse(effects.answer, date);
      return { result: finished(scripted, effects, date), outcome: `scripted_${scripted.status}` };
    }
    const policy = { lifetime, clockOffset, activeAfter, sameTokenAgain };
    const decision = await this.endpoint.decide(request, policy);
    return { result: finished(tokenResponse(decision, effects), effects, date), outcome: decision.outcome };
  }
}

function finished({ status, headers, body }: HttpResponse, effects: Effects, date: Date): HttpResponse {
  return {
    status,
    headers: { date: date.toUTCString(), ...headers, ...effects.headers },
    body: effects.latin1 ? Buffer.from(body.toString('utf8'), 'latin1') : body,
  };
}

function transportOutcome(effects: Effects): string | undefined {
  if (effects.hang) return 'hang';
  if (effects.close) return 'close';
  return effects.resetMidBody ? 'reset_mid_body' : undefined;
}
