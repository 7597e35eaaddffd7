import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, emptyAnswer } from './answer.js';
import type { Clients } from './clients.js';
import { deliver } from './delivery.js';
import type { Gate } from './gate.js';
import type { Effects, Misbehaviours } from './misbehaviour.js';
import { readBody } from './read-body.js';
import { scriptedAnswer } from './scripted-answer.js';
import { subjectOf } from './subject.js';
import { tokenAnswer } from './token-answer.js';
import { tokenCall, type TokenCall } from './token-call.js';
import type { TokenEndpoint } from './token-endpoint.js';
import type { TokenRequestCounter } from './token-request-counter.js';

export interface TokenExchangeParts {
  endpoint: TokenEndpoint;
  clients: Clients;
  misbehaviours: Misbehaviours;
  counter: TokenRequestCounter;
  gate: Gate;
  /** Seconds. */
  lifetime: number;
  now: () => number;
}

/** Leads a token request from its arrival to its last byte: counted, held, decided, twisted, sent. */
export class TokenExchange {
  constructor(private readonly parts: TokenExchangeParts) {}

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = tokenCall(request, await readBody(request));
    const subject = subjectOf(call, this.parts.clients);
    const flight = this.parts.counter.arrived(subject);
    response.once('close', flight.ended);
    await this.parts.gate.pass();
    if (response.destroyed) return;
    const effects = this.parts.misbehaviours.take(subject);
    const { answer, outcome } = await this.#answer(call, effects);
    flight.decided(transportOutcome(effects) ?? outcome);
    await deliver(answer, effects, response, flight.ended);
  }

  async #answer(call: TokenCall, effects: Effects): Promise<{ answer: Answer; outcome: string }> {
    if (effects.hang || effects.close) return { answer: emptyAnswer(200), outcome: '' };
    const date = this.#date(effects);
    if (effects.answer !== undefined) {
      const answer = dated(scriptedAnswer(effects.answer, date), date);
      return { answer, outcome: `scripted_${answer.status}` };
    }
    const { lifetime = this.parts.lifetime, clockOffset = 0, sameTokenAgain = false } = effects;
    const decision = await this.parts.endpoint.decide(call, { lifetime, clockOffset, sameTokenAgain });
    return { answer: dated(tokenAnswer(decision, effects), date), outcome: decision.outcome };
  }

  #date({ clockOffset = 0 }: Effects): Date {
    return new Date(this.parts.now() + clockOffset * 1000);
  }
}

function dated(answer: Answer, date: Date): Answer {
  return { ...answer, headers: { date: date.toUTCString(), ...answer.headers } };
}

function transportOutcome(effects: Effects): string | undefined {
  if (effects.hang) return 'hang';
  if (effects.close) return 'close';
  return effects.resetMidBody ? 'reset_mid_body' : undefined;
}
