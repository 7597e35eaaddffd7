import { type Call, UsageError } from '../command.js';
import type { BrokerResponse } from './broker-request.js';

export type ReceivedToken = NonNullable<BrokerResponse['token']>;

/** How a token is given to another program. */
export interface TokenForm {
  name: 'token' | 'exec-credential' | 'plain';
  /** @param now milliseconds since 1970 */
  render(token: ReceivedToken, now: number): string;
}

/** @throws UsageError for two forms at once */
export function tokenForm(call: Call, environment: NodeJS.ProcessEnv): TokenForm {
  const chosen = (['exec-credential', 'plain', 'json'] as const).filter((name) => call.flag(name));
  if (chosen.length > 1) throw new UsageError(`token: choose one of --${chosen.join(', --')}`);
  if (call.flag('exec-credential')) return execCredential(environment);
  if (call.flag('plain')) return { name: 'plain', render: plain };
  return { name: 'token', render: ({ value }) => value.reveal() };
}

/**
 * client-go's credential plugins. They answer in the version in which they are asked; the end is ahead of the real one,
 * so that the caller asks again when the broker has a newer token.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 */
function execCredential(environment: NodeJS.ProcessEnv): TokenForm {
  const apiVersion = versionAsked(environment['KUBERNETES_EXEC_INFO']);
  return {
    name: 'exec-credential',
    render: ({ value, refreshIn }, now) =>
      JSON.stringify({
        apiVersion,
        kind: 'ExecCredential',
        status: { expirationTimestamp: instant(now, refreshIn), token: value.reveal() },
      }),
  };
}

function versionAsked(info: string | undefined): string {
  try {
    const { apiVersion } = Object(JSON.parse(info ?? '')) as { apiVersion?: unknown };
    if (typeof apiVersion === 'string' && /^client\.authentication\.k8s\.io\/v1\w*$/.test(apiVersion))
      return apiVersion;
  } catch {
    // The plugin is called by something else than client-go, or by hand.
  }
  return 'client.authentication.k8s.io/v1';
}

/** RFC 6749 §5.1, and `expires_at`: a file is read later than it is written. */
function plain({ value, scope, expiresIn }: ReceivedToken, now: number): string {
  return JSON.stringify({
    access_token: value.reveal(),
    token_type: 'Bearer',
    expires_in: expiresIn,
    expires_at: instant(now, expiresIn),
    scope,
  });
}

/** RFC 3339, in whole seconds. */
function instant(now: number, seconds: number): string {
  return new Date(now + seconds * 1000).toISOString().replace(/\.\d+/, '');
}
