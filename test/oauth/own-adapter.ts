import { onTestFinished } from 'vitest';
import type { ClientCredential } from '#oauth/request/client-credential.js';
import {
  HttpAuthorizationServer,
  type HttpAuthorizationServerOptions,
} from '#oauth/http-authorization-server.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { Secret } from '#tokens/model/secret.js';
import { FakeClock } from '#test/fake-clock.js';
import { someClient } from '#test/the.js';
import { ownServer, type Respond } from './own-server.js';

export const someSecret: ClientCredential = {
  clientAuthentication: 'client_secret_basic',
  clientSecret: new Secret('not-a-real-secret'),
};

/** An adapter with one credential of version `v1`, closed with the test. */
export function ownAdapter(
  options: Partial<HttpAuthorizationServerOptions> & Pick<HttpAuthorizationServerOptions, 'endpoint'>,
  credential: ClientCredential = someSecret,
): HttpAuthorizationServer {
  const adapter = new HttpAuthorizationServer({
    client: someClient({ timeout: 5_000, clientAuthentication: credential.clientAuthentication }),
    credentials: new Map([['v1', credential]]),
    clock: new FakeClock(),
    ...options,
  });
  onTestFinished(() => adapter.close());
  return adapter;
}

/** A server that answers as a test says, and an adapter that asks it. */
export async function setUp(
  respond: Respond,
  options: Partial<HttpAuthorizationServerOptions> = {},
  credential?: ClientCredential,
) {
  const server = await ownServer(respond);
  const tokenEndpoint = `${server.origin}/connect/token`;
  const adapter = ownAdapter({ endpoint: { tokenEndpoint }, ...options }, credential);
  return { server, tokenEndpoint, adapter };
}

/** @throws Error when it did not fail, or with anything else than an UpstreamFailure */
export async function failureOf(asked: Promise<unknown>): Promise<UpstreamFailure> {
  const error = await asked.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof UpstreamFailure) return error;
  throw new Error('no UpstreamFailure', { cause: error });
}
