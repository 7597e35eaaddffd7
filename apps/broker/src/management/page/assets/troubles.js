import { clientChip } from './client-words.js';
import { tokenState } from './token-words.js';
import { clockAndFromNow, counted } from './words.js';

/** Of its budget: beyond this share new scope sets begin to wait. */
const nearlyAll = 0.75;

/**
 * What needs attention, the worst first.
 * @returns {{ key: string, words: string, isGrave: boolean, alert: string, client?: string, details?: string[] }[]} `key`
 *   stays the same while the trouble does; grave is what does not pass without help, or harms consumers already; `alert`
 *   is the section of the runbook
 */
export function troubles(report, now) {
  return [
    ...storeTrouble(report.store, now),
    ...report.clients.filter(({ state }) => state === 'refused').map(clientTrouble),
    ...report.clients.filter(({ state }) => state === 'cooling down').map(clientTrouble),
    ...settingsTrouble(report.settings, now),
    ...report.clients
      .filter(({ state }) => state === 'fine')
      .flatMap((client) => tokenTrouble(client, report.byClient.get(client.name) ?? [], now)),
    ...report.clients.filter(isNearItsBudget).map(budgetTrouble),
  ];
}

function storeTrouble({ kind, state, since }, now) {
  if (state === 'up') return [];
  const when = since === undefined ? '' : ` since ${clockAndFromNow(since, now)}`;
  const words =
    state === 'degraded'
      ? `Redis refuses writes${when}. Replicas read from it, and share new tokens by messages only.`
      : `${kind === 'redis' ? 'Redis' : 'The store'} is down${when}. Each replica continues alone.`;
  return [{ key: 'store', isGrave: true, alert: 'TokenBrokerRedisDown', words }];
}

function settingsTrouble({ state, since, faults }, now) {
  if (state === 'in force') return [];
  const when = since === undefined ? '' : ` (${clockAndFromNow(since, now)})`;
  const words = `The last change of the settings was refused${when}; the previous ones stay in use.`;
  return [{ key: 'settings', isGrave: true, alert: 'TokenBrokerSettingsRefused', words, details: faults }];
}

function clientTrouble(client) {
  const { name, state, upstreamError } = client;
  const code = upstreamError === undefined ? '' : ` (${upstreamError})`;
  return {
    key: `${state} ${name}`,
    isGrave: state === 'refused',
    alert: state === 'refused' ? 'TokenBrokerCredentialRefused' : 'TokenBrokerCooldownLong',
    client: name,
    words: `${name}: ${clientChip(client).toLowerCase()}${code}`,
  };
}

function tokenTrouble({ name }, tokens, now) {
  const states = tokens.map((token) => tokenState(token, now).name);
  const failing = states.filter((state) => state === 'failing').length;
  const expired = states.filter((state) => state === 'expired').length;
  const parts = [
    ...(failing > 0 ? [`${counted(failing, 'token')} could not be renewed yet`] : []),
    ...(expired > 0 ? [`${counted(expired, 'token')} expired`] : []),
  ];
  if (parts.length === 0) return [];
  const alert = expired > 0 ? 'TokenBrokerTokenExpiresSoon' : 'TokenBrokerRenewalFailing';
  const words = `${name}: ${parts.join(', ')}`;
  return [{ key: `tokens ${name}`, isGrave: expired > 0, alert, client: name, words }];
}

function isNearItsBudget({ budget }) {
  return budget !== undefined && budget.used >= budget.perMinute * nearlyAll;
}

function budgetTrouble({ name, budget: { used, perMinute } }) {
  const words = `${name}: ${used} of ${perMinute} token requests used in the last minute`;
  return { key: `budget ${name}`, isGrave: false, alert: 'TokenBrokerBudgetNearlyUsed', client: name, words };
}
