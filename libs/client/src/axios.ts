import defaultAxios, {
  type AxiosAdapter,
  type AxiosInstance,
  type AxiosResponse,
  CanceledError,
  getAdapter,
  type InternalAxiosRequestConfig,
  isAxiosError,
} from 'axios';
import type { AccessToken } from './access-token.js';
import { ApiOrigins, isReplayable } from './api-request.js';
import type { TokenBrokerClient, TokenParameters } from './token-broker-client.js';

export interface UseTokenBrokerOptions {
  /**
   * The origins that the token is for. By default those of the client; without them that of `baseURL` or, without that, of
   * the first request.
   */
  origins?: readonly (string | URL)[] | undefined;
}

/**
 * Makes an axios instance put the token on each request to the origins it is for; on 401 it reports it and repeats the
 * request once, if its body can be sent again. This happens below the other interceptors: they see one request and one
 * response.
 * @returns the id for `instance.interceptors.request.eject`
 * @throws TypeError when one of `origins` is not an http or https URL
 */
export function useTokenBroker(
  instance: AxiosInstance,
  broker: TokenBrokerClient,
  parameters: TokenParameters,
  options: UseTokenBrokerOptions = {},
): number {
  const origins = new ApiOrigins(options.origins ?? broker.origins);
  return instance.interceptors.request.use((config) => {
    const send = getAdapter(config.adapter);
    config.adapter = (final) =>
      isForToken(final, origins) ? authorized({ broker, parameters, origins, send }, final) : send(final);
    return config;
  });
}

interface Interception {
  broker: TokenBrokerClient;
  parameters: TokenParameters;
  origins: ApiOrigins;
  send: AxiosAdapter;
}

/** Basic credentials of the request, by `auth` or in its URL, would replace the token: axios prefers them. */
function isForToken(config: InternalAxiosRequestConfig, origins: ApiOrigins): boolean {
  return config.auth === undefined && origins.allows(defaultAxios.getUri(config), config.baseURL);
}

async function authorized(
  interception: Interception,
  config: InternalAxiosRequestConfig,
): Promise<AxiosResponse> {
  const { broker, parameters } = interception;
  const token = await unlessCanceled(config, broker.token({ ...parameters, signal: signalOf(config) }));
  const first = await outcome(interception, config, token);
  const { response } = first;
  const isRejected =
    response !== undefined &&
    broker.rejection.matches(response.status, response.headers['www-authenticate'] as string | undefined);
  if (!isRejected || !first.carriedToken) return first.settled;
  const replacing = broker
    .rejected(token, { ...parameters, signal: signalOf(config) })
    .catch(() => undefined);
  if (!isReplayable(config.data)) return first.settled;
  const other = await replacing;
  if (other === undefined || other.accessToken === token.accessToken) return first.settled;
  discard(response);
  return (await outcome(interception, config, other)).settled;
}

/** `settled` is what the adapter made of the response: whether a 401 is an error is for `validateStatus` to say. */
async function outcome(
  { send, origins }: Interception,
  config: InternalAxiosRequestConfig,
  { authorization }: AccessToken,
) {
  config.headers.set('Authorization', authorization);
  let carriedToken = true;
  const { beforeRedirect } = config;
  const redirected: typeof beforeRedirect = (options, ...details) => {
    beforeRedirect?.(options, ...details);
    // follow-redirects keeps the header on the way to a subdomain, and does not put it back on the way home.
    const headers = options['headers'] as Record<string, unknown>;
    const names = Object.keys(headers).filter((name) => name.toLowerCase() === 'authorization');
    carriedToken =
      origins.allows(String(options['href']), config.baseURL) &&
      names.some((name) => headers[name] === authorization);
    for (const name of carriedToken ? [] : names) delete headers[name];
  };
  config.beforeRedirect = redirected;
  // Put back, as retry plug-ins send the same configuration again.
  const settled = send(config).finally(() => Object.assign(config, { beforeRedirect }));
  const response = await settled.catch((error: unknown) =>
    isAxiosError(error) ? error.response : undefined,
  );
  return { settled, response, carriedToken };
}

function signalOf({ signal }: InternalAxiosRequestConfig): AbortSignal | undefined {
  return signal instanceof AbortSignal ? signal : undefined;
}

async function unlessCanceled<T>(config: InternalAxiosRequestConfig, requested: Promise<T>): Promise<T> {
  try {
    return await requested;
  } catch (error) {
    throw signalOf(config)?.aborted === true ? new CanceledError(undefined, config) : error;
  }
}

/** A streamed response occupies its connection until it is read, which it would never be. */
function discard({ data }: AxiosResponse): void {
  (data as { destroy?: () => void } | undefined)?.destroy?.();
}
