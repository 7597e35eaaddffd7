import type { ClientGauges } from '#metrics/client-metrics.js';
import type { TokenRequestBudget } from '#tokens/ports/token-request-budget.js';
import type { ClientStates } from './client-states.js';

/** What metrics show of each client of the settings in force. */
export function clientGauges(states: ClientStates, budget: TokenRequestBudget): ClientGauges[] {
  return states.all.map(({ client, credentialInUse }) => ({
    name: client.name,
    isHeldBack: states.isHeldBack(client),
    isRefused: states.stateOf(client).state === 'refused',
    credentials: client.options.credentials.length,
    credentialInUse,
    budget: client.options.maxTokenRequestsPerMinute,
    budgetUsed: budget.used(client),
    skew: states.skewOf(client),
  }));
}
