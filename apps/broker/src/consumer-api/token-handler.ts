import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Consumer } from '#consumers/consumer.js';
import type { KnownCredential } from '#consumers/consumer-directory.js';
import { type Credential, ExpiredKey, parseCredential } from '#consumers/credential.js';
import { Grant } from '#consumers/grant.js';
import type { Clock } from '#tokens/model/clock.js';
import { Failure, type FailureCode } from '#tokens/model/failures.js';
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
import { type BrokerDocuments, matchRoute, type TokenRoute } from './routes.js';
import type { RequestTracing } from './tracing.js';

/** Scopes that cost as much to authorize as a cache hit. */
const scopesPerCost = 10;

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
 * for it, so that a cache hit awaits nothing. Authorization comes before any look at a token cache.
 */
export class TokenHandler {
  /** Whether each connection ends with its next response. */
  isClosing = false;
  readonly #nextId = requestIds();
  readonly #failedLogins = new FailedLogins();

  constructor(private readonly parts: TokenHandlerParts) {}

  /**
   * Never rejects.
   * @param match a failure when the request is refused whatever it is for
   */
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    match = matchRoute(request.method as string, request.url as string),
  ): Promise<void> {
    const context = new RequestContext(request, response, match, this.#nextId(), this.parts.clock.now());
    const { tracing } = this.parts;
    return tracing === undefined ? this.#walk(context) : tracing.trace(context, () => this.#walk(context));
  }

  async #walk(context: RequestContext): Promise<void> {
    const { settings, broker, clock, audit } = this.parts;
    const { request, match } = context;
    try {
      if (!hasSingleHost(request)) throw HttpFailure.of(400, 'there must be one Host header');
      if (match instanceof HttpFailure) throw match;
      const { route, grantKey } = match;
      const { active } = settings;
      if ('document' in route) {
        const document = await route.document(context, active.settings, this.parts);
        return sendDocument(context, document, this.isClosing);
      }

      const header = route.credential === undefined ? authorizationOf(request) : undefined;
      const known =
        active.consumers.known(header) ??
        (await this.#identify(
          active,
          await (route.credential?.(context) ?? bearerOrCertificate(header, request)),
          context,
        ));
      const { consumer } = known;
      context.consumer = consumer;
      context.credential = known.use;
      consumer.rateLimit.take(context.startedAt);

      const grant = consumer.grants.get(grantKey) ?? (await this.#authorize(consumer, route, context));
      context.grant = grant;

      const found =
        broker.cached(grant.request, grant.demand) ?? (await broker.tokenFor(grant.request, grant.demand));
      const now = clock.now();
      const isSent = sendToken(context, route.render(found.token, now), this.isClosing);
      if (isSent) audit.served(context, grant, found, now);
    } catch (error) {
      this.#refuse(error, context);
    }
  }

  async #identify(
    { consumers, trustedProxies }: SettingsSnapshot,
    credential: Credential,
    context: RequestContext,
  ): Promise<KnownCredential> {
    const { request, startedAt } = context;
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

  async #authorize(consumer: Consumer, route: TokenRoute, context: RequestContext): Promise<Grant> {
    const parameters = (context.parameters = await route.parameters(context));
    consumer.rateLimit.charge(context.startedAt, Math.floor((parameters.scopes?.size ?? 0) / scopesPerCost));
    const grant = new Grant(consumer, parameters);
    if (!(context.match instanceof HttpFailure)) consumer.grants.set(context.match.grantKey, grant);
    return grant;
  }

  /** The one place where a request is refused. */
  #refuse(error: unknown, context: RequestContext): void {
    const { audit, log } = this.parts;
    const { response, match, id } = context;
    if (response.headersSent) return log.error({ err: error, requestId: id }, 'failed after the response');
    const failed = errorResponse(error, id, log);
    const route = match instanceof HttpFailure || 'document' in match.route ? undefined : match.route;
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
