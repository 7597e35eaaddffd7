import type { Dispatcher } from 'undici';

/** A 407, which is a refusal like any other 4xx. */
export class ProxyLogInWanted extends Error {
  constructor() {
    super('a proxy in front of the authorization server wants a log-in');
    this.name = new.target.name;
  }
}

/** Gives a 407 a name: the Fetch standard has it end as a network error that says nothing. */
export const proxyLogInNamed: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) =>
  dispatch(options, named(handler));

/** Inherits from the handler, so that what this one keeps in `this` stays in one object. */
function named(handler: Dispatcher.DispatchHandler): Dispatcher.DispatchHandler {
  return Object.create(handler, {
    onResponseStart: {
      value(this: unknown, ...args: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>) {
        const [controller, status] = args;
        if (status === 407) return controller.abort(new ProxyLogInWanted());
        return handler.onResponseStart?.apply(this, args);
      },
    },
  });
}
