import { parseCredential } from '#consumers/credential.js';
import type { FastifyRequest } from 'fastify';
import { Failure } from '#tokens/model/failures.js';
import type { Token } from '#tokens/model/token.js';
import { answerInHeaders, askedInPath, askedInQuery } from './forward-auth.js';
import { askedByClient, clientCredential } from './oauth-request.js';
import { oauthRefusal } from './oauth-refusal.js';
import { parseRejection, type Rejection } from './rejection.js';
import { authorizationOf, queryOf } from './request-parts.js';
import { tokenAnswer } from './token-answer.js';
import type { TokenAnswer } from './token-answering.js';
import { parseQuery, tokenParameters, type TokenParameters } from './token-parameters.js';
import type { TokenRoute } from './token-route.js';

const json = ['content-type', 'application/json; charset=utf-8'];

const asConsumer = { credential: bearer, answer: answerInJson };
const asProxy = { credential: bearer, answer: answerInHeaders };
const asClient = { credential: clientCredential, answer: answerInJson, refusal: oauthRefusal };

/** All ways to a token. */
export const tokenRoutes = [
  { method: 'GET', url: '/token', asked: parameters, inAddress: true, ...asConsumer },
  { method: 'POST', url: '/token/rejected', asked: rejection, ...asConsumer },
  { method: 'any', url: '/forward-auth', asked: askedInQuery, inAddress: true, ...asProxy },
  { method: 'any', url: '/forward-auth/:client/:scopes/*', asked: askedInPath, ...asProxy },
  { method: 'POST', url: '/oauth2/token', asked: askedByClient, ...asClient },
  { method: 'POST', url: '/oauth2/:client/token', asked: askedByClient, ...asClient },
] as const satisfies readonly TokenRoute[];

export type TokenRouteUrl = (typeof tokenRoutes)[number]['url'];

function bearer(request: FastifyRequest) {
  return parseCredential(authorizationOf(request.raw));
}

function parameters(request: FastifyRequest): TokenParameters {
  return tokenParameters(parseQuery(queryOf(request)));
}

function rejection(request: FastifyRequest): Rejection {
  // Two places for one parameter: what was left out of the body would widen the request.
  if (queryOf(request) !== '') throw new Failure('invalid_request', 'parameters go into the body here');
  return parseRejection(request.headers['content-type'], request.body);
}

function answerInJson(token: Token, now: number): TokenAnswer {
  return { headers: json, body: tokenAnswer(token, now) };
}
