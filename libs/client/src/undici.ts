import type { Dispatcher } from 'undici';
import { ApiOrigins } from './api-request.js';
import { AuthorizedDispatch } from './authorized-dispatch.js';
import type { TokenBrokerClient, TokenParameters } from './token-broker-client.js';

export interface TokenBrokerInterceptorOptions {
  /**
   * The origins that the token is for. By default those of the client; without them that of the first request, and
   * whatever a `Pool` or `Client` connects to.
   */
  origins?: readonly (string | URL)[] | undefined;
}

/**
 * An interceptor for `dispatcher.compose`: puts the token on each request to the origins it is for; on 401 reports it and
 * repeats the request once, if its body can be sent again.
 * @throws TypeError when one of `origins` is not an http or https URL
 */
export function tokenBrokerInterceptor(
  broker: TokenBrokerClient,
  parameters: TokenParameters,
  options: TokenBrokerInterceptorOptions = {},
): Dispatcher.DispatcherComposeInterceptor {
  const origins = new ApiOrigins(options.origins ?? broker.origins);
  return (dispatch) => (request, handler) => {
    if (request.origin && !origins.allows(request.origin)) return dispatch(request, handler);
    void new AuthorizedDispatch({ broker, parameters, dispatch, options: request, handler }).start();
    return true;
  };
}
