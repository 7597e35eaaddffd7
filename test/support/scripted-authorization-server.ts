import { AuthorizationServer, type TokenResponse } from '#tokens/ports/authorization-server.js';
import type { Clock } from '#tokens/model/clock.js';
import { Secret } from '#tokens/model/secret.js';
import type { TokenRequest } from '#tokens/model/token-request.js';

type Script = Partial<Omit<TokenResponse, 'accessToken'>> & { accessToken?: string };

export interface Asked {
  request: TokenRequest;
  credential: string;
}

/** An authorization server whose every answer a test may script: an answer, or an error to throw. */
export class ScriptedAuthorizationServer extends AuthorizationServer {
  readonly asked: Asked[] = [];
  lifetime = 3_599_000;
  mostAtOnce = 0;
  /** What every answer waits for. */
  gate: Promise<void> = Promise.resolve();
  readonly #script: (Script | Error)[] = [];
  #atOnce = 0;

  constructor(private readonly clock: Clock) {
    super();
  }

  next(...answers: (Script | Error)[]): void {
    this.#script.push(...answers);
  }

  override async requestToken(request: TokenRequest, credential: string): Promise<TokenResponse> {
    this.asked.push({ request, credential });
    const sentAt = this.clock.now();
    const number = this.asked.length;
    const scripted = this.#script.shift();
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce);
    await this.gate;
    this.#atOnce--;
    if (scripted instanceof Error) throw scripted;
    return {
      scopes: request.scopes,
      sentAt,
      lifetime: this.lifetime,
      anomalies: [],
      ...scripted,
      accessToken: new Secret(scripted?.accessToken ?? `not-a-real-token-${number}`),
    };
  }
}
