import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Consumer } from '#consumers/consumer.js';
import type { KnownCredential } from '#consumers/consumer-directory.js';
import { type Credential, ExpiredKey, parseCredential } from '#consumers/credential.js';
import { Grant } from '#consumers/grant.js';
import type { Clock } from '#tokens/model/clock.js';
import { Failure, type FailureCode } from '#tokens/model/failures.js';
import type { ServedToken } from '#tokens/ports/token-store.js';
import type { TokenSource } from '#tokens/token-broker.js';
import type { ActiveSettings } from '../core/active-settings.js';
import { errorResponse, HttpFailure } from '../core/failure-response.js';
import { clientCertificate } from '../core/client-certificate.js';
import { addressOf } from '../core/addresses.js';
import { FailedLogins } from '../core/failed-logins.js';
import { authorizationOf, hasSingleHost } from '../core/headers.js';
import { requestIds } from '../core/http-listener.js';
import type { SettingsSnapshot } from '../core/settings-snapshot.js';
import type { Audit } from './audit.js';
import { RequestContext } from './request-context.js';
import { sendDocument, sendError, sendToken } from './response.js';
import { type BrokerDocuments, type DocumentRoute, matchRoute, type TokenRoute } from './routes.js';
import type { RequestTracing } from './tracing.js';

/** Scopes that cost as much to authorize as a cache hit. */
const scopesPerCost = 10;

/** What is left of a walk: nothing, where nothing had to be waited for. */
type Step = void | Promise<void>;

/** A request that goes for a token. */
interface Walk {
  context: RequestContext;
  route: TokenRoute;
  grantKey: string | undefined;
}

export interface TokenHandlerParts extends BrokerDocuments {
  settings: Pick<ActiveSettings, 'active'>;
  broker: TokenSource;
  audit: Audit;
  clock: Clock;
  log: Logger;
  /** Present when a tracer was loaded. */
  tracing?: RequestTracing | undefined;
}

/**
 * The one walk from a consumer's request to a token, for every way to it. Each step takes what is known before it works
 * for it, and calls the next one: a cache hit awaits nothing and needs no promise. Authorization comes before any look at
 * a token cache.
 */
export class TokenHandler {
  /** Whether each connection ends with its next response. */
  isClosing = false;
  readonly #nextId = requestIds();
  readonly #failedLogins = new FailedLogins();

  constructor(private readonly parts: TokenHandlerParts) {}

  /**
   * Never throws or rejects.
   * @param match a failure when the request is refused whatever it is for
   */
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    match = matchRoute(request.method as string, request.url as string),
  ): Step {
    const context = new RequestContext(request, response, match, this.#nextId(), this.parts.clock.now());
    const { tracing } = this.parts;
    return tracing === undefined ? this.#walk(context) : tracing.trace(context, () => this.#walk(context));
  }

  #walk(context: RequestContext): Step {
    try {
      return this.#begin(context)?.catch((error: unknown) => this.#refuse(error, context));
    } catch (error) {
      this.#refuse(error, context);
    }
  }

  #begin(context: RequestContext): Step {
    const { request, match } = context;
    if (!hasSingleHost(request)) throw HttpFailure.of(400, 'there must be one Host header');
    if (match instanceof HttpFailure) throw match;
    const { route, grantKey } = match;
    if (route.document !== undefined) return this.#sendDocument(route, context);
    const { active } = this.parts.settings;
    const header = route.credential === undefined ? authorizationOf(request) : undefined;
    const walk = { context, route, grantKey };
    const known = active.consumers.known(header);
    return known === undefined
      ? this.#identify(active, header, walk).then((identified) => this.#admit(identified, walk))
      : this.#admit(known, walk);
  }

  #admit({ consumer, use }: KnownCredential, walk: Walk): Step {
    const { context, grantKey } = walk;
    context.consumer = consumer;
    context.credential = use;
    consumer.rateLimit.take(context.startedAt);
    const grant = consumer.grants.get(grantKey);
    return grant === undefined
      ? this.#authorize(consumer, walk).then((authorized) => this.#find(authorized, walk))
      : this.#find(grant, walk);
  }

  #find(grant: Grant, walk: Walk): Step {
    const { broker, clock } = this.parts;
    walk.context.grant = grant;
    const now = clock.now();
    const found = broker.cached(grant.request, grant.demand, now);
    return found === undefined
      ? broker
          .tokenFor(grant.request, grant.demand)
          .then((token) => this.#send(token, grant, clock.now(), walk))
      : this.#send(found, grant, now, walk);
  }

  #send(found: ServedToken, grant: Grant, now: number, { context, route }: Walk): void {
    const isSent = sendToken(context, route.render(found.token, now), this.isClosing);
    if (isSent) this.parts.audit.served(context, grant, found, now);
  }

  async #sendDocument(route: DocumentRoute, context: RequestContext): Promise<void> {
    const { settings } = this.parts.settings.active;
    sendDocument(context, await route.document(context, settings, this.parts), this.isClosing);
  }

  async #identify(
    { consumers, trustedProxies }: SettingsSnapshot,
    header: string | undefined,
    { context, route }: Walk,
  ): Promise<KnownCredential> {
    const { request, startedAt } = context;
    const credential = await (route.credential?.(context) ?? bearerOrCertificate(header, request));
    const address = addressOf(request, trustedProxies);
    try {
      return await consumers.identify(credential, () => this.#failedLogins.check(address, startedAt));
    } catch (error) {
      const isRefused = error instanceof Failure && error.code === 'invalid_client';
      if (isRefused) this.#failedLogins.count(address, startedAt);
      if (error instanceof ExpiredKey) {
        context.consumer = error.credential.consumer;
        context.credential = error.credential.use;
      }
      throw error;
    }
  }

  async #authorize(consumer: Consumer, { context, route, grantKey }: Walk): Promise<Grant> {
    const parameters = (context.parameters = await route.parameters(context));
    consumer.rateLimit.charge(context.startedAt, Math.floor((parameters.scopes?.size ?? 0) / scopesPerCost));
    const grant = new Grant(consumer, parameters);
    consumer.grants.set(grantKey, grant);
    return grant;
  }

  /** The one place where a request is refused. */
  #refuse(error: unknown, context: RequestContext): void {
    const { audit, log } = this.parts;
    const { response, match, id } = context;
    if (response.headersSent) return log.error({ err: error, requestId: id }, 'failed after the response');
    const failed = errorResponse(error, id, log);
    const route =
      match instanceof HttpFailure || match.route.document !== undefined ? undefined : match.route;
    sendError(context, route?.errorResponse?.(error, failed) ?? failed, this.isClosing);
    const reason = error instanceof Failure && error.cause instanceof Error ? error.cause.message : undefined;
    audit.refused(context, failed.body.error as FailureCode, reason);
  }
}

/** A credential that is sent counts: the certificate of a connection may be that of a proxy. */
function bearerOrCertificate(header: string | undefined, request: IncomingMessage): Credential {
  const certificate = header === undefined ? clientCertificate(request) : undefined;
  return certificate === undefined ? parseCredential(header) : { kind: 'certificate', certificate };
}
