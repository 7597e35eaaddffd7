/** What takes longer counts as no answer. */
const answersWithin = 5_000;
/** A renewal waits for the authorization server. */
const renewsWithin = 30_000;

/** The broker did not answer, or answered a failure. `status` is undefined in the first case. */
export class BrokerFault extends Error {
  constructor(message, { status, retryAfter } = {}) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/**
 * One page of what the broker knows.
 * @throws BrokerFault; the reason of `signal` when that is aborted
 */
export function fetchTokens({ client, after, limit, changedSince }, signal) {
  const query = new URLSearchParams({ limit: String(limit) });
  if (client !== undefined) query.set('client', client);
  if (after !== undefined) query.set('after', after);
  if (changedSince !== undefined) query.set('changedSince', changedSince);
  return read(`api/tokens?${query}`, signal);
}

/** The last 24 hours of these tokens, which are 100 at most. */
export function fetchHistory(ids, signal) {
  return read(`api/tokens/history?ids=${ids.join(',')}`, signal);
}

/** Which consumers may have which scopes of which client. */
export function fetchEntitlements(signal) {
  return read('api/entitlements', signal);
}

/** What consumers asked for at this replica. */
export function fetchConsumers(signal) {
  return read('api/consumers', signal);
}

/**
 * @returns the token's row after the renewal
 * @throws BrokerFault
 */
export function renewToken({ client, scopes, resources, authorizationDetails }) {
  const request = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client, scopes, resources, authorizationDetails }),
  };
  return ask('api/tokens/renew', request, AbortSignal.timeout(renewsWithin));
}

/** @throws BrokerFault; the reason of `signal` when that is aborted */
function read(path, signal) {
  return ask(path, {}, AbortSignal.any([signal, AbortSignal.timeout(answersWithin)]), signal);
}

async function ask(path, request, signal, callersSignal) {
  try {
    const answer = await fetch(path, { cache: 'no-store', ...request, signal });
    if (!answer.ok) throw await faultOf(answer);
    return await answer.json();
  } catch (error) {
    if (callersSignal?.aborted || error instanceof BrokerFault) throw error;
    throw new BrokerFault(
      error.name === 'TimeoutError' ? 'it did not answer in time' : 'it cannot be reached',
    );
  }
}

async function faultOf(answer) {
  const body = await answer.json().catch(() => ({}));
  const words = typeof body.error_description === 'string' ? body.error_description : 'no reason was given';
  const retryAfter = Number(answer.headers.get('retry-after')) || undefined;
  return new BrokerFault(`${words} (HTTP ${answer.status})`, { status: answer.status, retryAfter });
}
