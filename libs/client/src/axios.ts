import {
  type AxiosAdapter,
  type AxiosInstance,
  type AxiosResponse,
  CanceledError,
  getAdapter,
  type InternalAxiosRequestConfig,
  isAxiosError,
} from 'axios';
import type { AccessToken } from './access-token.js';
import { isReplayable } from './replayable.js';
import type { TokenAsk, TokenBrokerClient } from './token-broker-client.js';

/**
 * Has an axios instance put the token on each request; on 401 report it and repeat the request once, if its body can be
 * sent again. The repetition happens below the other interceptors: they see one request and one answer.
 * @returns the id for `instance.interceptors.request.eject`
 */
export function useTokenBroker(instance: AxiosInstance, broker: TokenBrokerClient, ask: TokenAsk): number {
  return instance.interceptors.request.use((config) => {
    const send = getAdapter(config.adapter);
    config.adapter = (final) => authorized({ broker, ask, send }, final);
    return config;
  });
}

interface Parts {
  broker: TokenBrokerClient;
  ask: TokenAsk;
  send: AxiosAdapter;
}

async function authorized(parts: Parts, config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
  const { broker, ask, send } = parts;
  const token = await unlessCanceled(config, broker.token({ ...ask, signal: signalOf(config) }));
  const first = await outcome(send, config, token);
  if (first.response?.status !== 401) return first.settled;
  const replacing = broker.rejected(token, { ...ask, signal: signalOf(config) }).catch(() => undefined);
  if (!isReplayable(config.data)) return first.settled;
  const other = await replacing;
  if (other === undefined || other.accessToken === token.accessToken) return first.settled;
  discard(first.response);
  return (await outcome(send, config, other)).settled;
}

/** `settled` is what the adapter made of the answer: whether a 401 is an error is for `validateStatus` to say. */
async function outcome(
  send: AxiosAdapter,
  config: InternalAxiosRequestConfig,
  { authorization }: AccessToken,
) {
  config.headers.set('Authorization', authorization);
  const settled = send(config);
  const response = await settled.catch((error: unknown) =>
    isAxiosError(error) ? error.response : undefined,
  );
  return { settled, response };
}

function signalOf({ signal }: InternalAxiosRequestConfig): AbortSignal | undefined {
  return signal instanceof AbortSignal ? signal : undefined;
}

async function unlessCanceled<T>(config: InternalAxiosRequestConfig, asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw signalOf(config)?.aborted === true ? new CanceledError(undefined, config) : error;
  }
}

/** The answer of a stream ends its connection, which nobody would read. */
function discard({ data }: AxiosResponse): void {
  (data as { destroy?: () => void } | undefined)?.destroy?.();
}
