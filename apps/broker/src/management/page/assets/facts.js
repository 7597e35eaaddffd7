import { clockTime, counted, fromNow } from './words.js';

/**
 * The state of the broker in four lines.
 * @returns {{ name: string, value: string, detail: string, tone: 'good' | 'warn' | 'bad' }[]}
 */
export function facts({ replica, store, settings, replicas, clients }, now) {
  return [
    clientsFact(clients),
    storeFact(store, now),
    replicasFact(replica, store, replicas, now),
    settingsFact(settings, now),
  ];
}

function clientsFact(clients) {
  const detail = counted(clients.length, 'client');
  const states = ['refused', 'cooling down'].map((state) => [
    state,
    clients.filter((client) => client.state === state),
  ]);
  const parts = states
    .filter(([, inIt]) => inIt.length > 0)
    .map(([state, inIt]) => `${inIt.length} ${state}`);
  const tone = clients.some(({ state }) => state === 'refused') ? 'bad' : 'warn';
  if (parts.length > 0) return { name: 'Clients', value: parts.join(', '), detail: `Of ${detail}`, tone };
  return { name: 'Clients', value: clients.length === 1 ? 'Fine' : 'All fine', detail, tone: 'good' };
}

function storeFact({ kind, state, since }, now) {
  const when = since === undefined ? '' : `Since ${clockTime(since, now)}`;
  if (kind === 'memory')
    return { name: 'Store', value: 'Memory', detail: 'In this process alone', tone: 'good' };
  if (state === 'degraded') {
    return { name: 'Store', value: 'Redis refuses writes', detail: when || 'It is read', tone: 'bad' };
  }
  return state === 'up'
    ? { name: 'Store', value: 'Redis is up', detail: when || 'Shared by all replicas', tone: 'good' }
    : { name: 'Store', value: 'Redis is down', detail: when || 'Each replica continues alone', tone: 'bad' };
}

function replicasFact(own, { kind, state }, replicas, now) {
  const others = replicas.filter(({ name }) => name !== own);
  const seen = others.map(({ name, lastSeen }) => `${name}, ${fromNow(lastSeen, now)}`).join('; ');
  const alone = kind === 'memory' ? 'Tokens are not shared' : 'No other seen in the last 10 s';
  return {
    name: 'Replicas',
    value: String(Math.max(1, replicas.length)),
    detail: state === 'down' && seen !== '' ? `Last known: ${seen}` : seen || alone,
    tone: state === 'down' ? 'warn' : 'good',
  };
}

function settingsFact({ state, since }, now) {
  const when = since === undefined ? '' : clockTime(since, now);
  return state === 'in force'
    ? { name: 'Settings', value: 'In force', detail: when && `Since ${when}`, tone: 'good' }
    : {
        name: 'Settings',
        value: 'Change refused',
        detail: when && `At ${when}; the previous ones stay in use`,
        tone: 'bad',
      };
}
