import { Consumer } from '#consumers/consumer.js';
import type { ConsumerActivity } from '#consumers/consumer-activity.js';
import { Entitlement } from '#consumers/entitlement.js';
import type { RateLimit } from '#consumers/rate-limit.js';
import type { Client } from '#tokens/model/client.js';
import { ruleName } from '../settings/resolve/allow.js';
import type { ConsumerSettings } from '../settings/settings.js';

/** A consumer with what the settings let it have: for the broker, and for `explain`. */
export function consumerOf(
  { name, allow, mode }: ConsumerSettings,
  clients: ReadonlyMap<string, Client>,
  rateLimit?: RateLimit,
  activity?: ConsumerActivity,
): Consumer {
  const entitlements = allow.map(({ client, scopes, authorizationDetails, resources, place }) => {
    const rule = { scopes, resources, details: authorizationDetails, name: ruleName(place) };
    return new Entitlement(clients.get(client) as Client, rule);
  });
  return new Consumer(name, entitlements, rateLimit, activity, mode === 'audit' ? clients : undefined);
}
