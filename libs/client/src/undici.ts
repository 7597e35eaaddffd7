import type { Dispatcher } from 'undici';
import { AuthorizedDispatch } from './authorized-dispatch.js';
import type { TokenAsk, TokenBrokerClient } from './token-broker-client.js';

/**
 * An interceptor for `dispatcher.compose`: puts the token on each request; on 401 reports it and repeats the request once,
 * if its body can be sent again. Give it to a dispatcher of the API it is for: each request of it carries the token.
 */
export function tokenBrokerInterceptor(
  broker: TokenBrokerClient,
  ask: TokenAsk,
): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    void new AuthorizedDispatch({ broker, ask, dispatch, options, handler }).start();
    return true;
  };
}
