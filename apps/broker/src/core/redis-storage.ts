import { setTimeout as pause } from 'node:timers/promises';
import { adviceFor } from '#redis/connection/advice.js';
import { KeyRing } from '#redis/tokens/key-ring.js';
import { NearCacheUpdater } from '#redis/tokens/near-cache-updater.js';
import { OutcomeChannel } from '#redis/channel/outcome-channel.js';
import { OutcomeMessages } from '#redis/channel/outcome-messages.js';
import { Purge } from '#redis/tokens/purge.js';
import { RedisClock } from '#redis/connection/redis-clock.js';
import { RedisConnections } from '#redis/connection/redis-connections.js';
import { RedisCooldownStore } from '#redis/cooldowns/redis-cooldown-store.js';
import { RedisUnavailable } from '#redis/connection/redis-failure.js';
import { RedisDerivedDigests } from '#redis/tokens/redis-derived-digests.js';
import { AcceptedCredentials } from '#redis/tokens/accepted-credentials.js';
import { CircuitBreaker } from '#redis/connection/circuit-breaker.js';
import { refuseOutdated, watchVersion } from '#redis/connection/server-requirements.js';
import { removeWrongTypes } from '#redis/connection/entries.js';
import { StateReports } from '#redis/connection/state-reports.js';
import { RedisKeys } from '#redis/connection/redis-keys.js';
import { RedisRenewalLock } from '#redis/lock/redis-renewal-lock.js';
import { RedisRenewalSchedule } from '#redis/schedule/redis-renewal-schedule.js';
import { RedisQuotas } from '#redis/budget/redis-quotas.js';
import { RedisRenewalHistory, ResilientRenewalHistory } from '#redis/history/redis-renewal-history.js';
import {
  RedisTokenRequestBudget,
  ResilientTokenRequestBudget,
} from '#redis/budget/redis-token-request-budget.js';
import { RedisTokenStore } from '#redis/tokens/redis-token-store.js';
import { RedisSigningKeyStore } from '#redis/keys/redis-signing-key-store.js';
import { ReplicaRegistry } from '#redis/channel/replica-registry.js';
import type { RequestRecord } from '#redis/schedule/request-record.js';
import { ResilientCooldownStore } from '#redis/cooldowns/resilient-cooldown-store.js';
import { ResilientRenewalSchedule } from '#redis/schedule/resilient-renewal-schedule.js';
import { Withdrawals } from '#redis/tokens/withdrawals.js';
import type { ClientDirectory } from '#tokens/client-directory.js';
import { carriedOver } from '#tokens/credential-rollover.js';
import type { Clock } from '#tokens/model/clock.js';
import { MemoryCooldownStore } from '#tokens/memory/memory-cooldown-store.js';
import { MemoryRenewalHistory } from '#tokens/memory/memory-renewal-history.js';
import { MemoryTokenRequestBudget } from '#tokens/memory/memory-token-request-budget.js';
import { MemoryTokenStore } from '#tokens/memory/memory-token-store.js';
import { idleByQuota } from '#tokens/ports/renewal-schedule.js';
import type { TokenEvents } from '#tokens/ports/token-events.js';
import type { TrustedTime } from '#tokens/trusted-time.js';
import type { RedisSettings } from '../settings/settings.js';
import type { TokenStorage } from './store.module.js';

/** Milliseconds between two looks at what other replicas have used of the quotas, should Redis go down afterwards. */
const quotaRefresh = 3_000;

export interface RedisStorageContext {
  clock: Clock;
  time: TrustedTime;
  clients: ClientDirectory;
  events: TokenEvents;
  /** The name of this replica. */
  replica: string;
}

/** Milliseconds in which all replicas get to read changed settings: a kubelet updates mounted files once a minute. */
const rereadTime = 120_000;

/** Milliseconds for which the start waits for Redis: after that the replica serves without it. */
const patience = 2_000;

/** Milliseconds from the start in which a Redis that starts beside the broker is not reported as down. */
const startGrace = 5_000;

/** Shared by all replicas in Redis. While that is down, each continues alone. */
export function redisStorage(
  settings: RedisSettings,
  { clock, time, clients, events, replica }: RedisStorageContext,
): TokenStorage {
  const failed = (operation: string, cause: unknown) =>
    events.emit({ type: 'store_failed', tier: 'redis', operation, cause });
  const reports = new StateReports(clock, (report) => {
    const advice = adviceFor(report.reason ?? '', settings.keyPrefix);
    events.emit({ type: 'store_changed', ...report, advice });
  });
  const connections = RedisConnections.open(settings, (role, reason) => {
    reports.connectFailed(reason);
    failed(`connect_${role}`, new RedisUnavailable(reason));
  });
  const { commands: redis, subscriber } = connections;
  const keys = new RedisKeys(settings.keyPrefix);
  const onRepair = () => failed('repair', undefined);
  const health: CircuitBreaker = new CircuitBreaker(clock, {
    onChange: (state, reason) => reports.note(state, reason),
    async repair(error) {
      const isRepaired = await removeWrongTypes(redis, keys, error);
      if (isRepaired) onRepair();
      return isRepaired;
    },
  });
  const ring = new KeyRing(settings.encryptionKeys);
  const redisClock = new RedisClock(clock, time, (step) => {
    events.emit({ type: 'store_clock_stepped', step });
    // The schedule lies in Redis by its clock: what was due there is due at another time now.
    for (const { request, token } of memory.snapshot()) void schedule.plan(request, token.renewAt);
  });
  const messages = new OutcomeMessages(keys.events, ring);

  const memory = new MemoryTokenStore(clock);
  const shared = { redis, health, keys, ring, clock, redisClock, onRepair };
  const until = clock.now() + patience;
  const ready = () => connections.ready(Math.max(0, until - clock.now()));
  const accepted = new AcceptedCredentials(shared);
  const store = new RedisTokenStore(
    { ...shared, messages },
    () => failed('open', undefined),
    ({ client }) => void accepted.note(client).catch((cause: unknown) => failed('note_credential', cause)),
  );
  const nearCopies = new NearCacheUpdater(memory, store, Math.random, (cause) => failed('put', cause));
  const outcomes = new OutcomeChannel(
    { subscriber, redis, health, messages, redisClock, renew: () => connections.renew() },
    {
      onToken(news) {
        events.emit({ type: 'token_shared', key: news.key });
        const renewed = nearCopies.apply(news);
        if (renewed !== undefined) schedule.noteRenewal(renewed.request, renewed.token.renewAt);
      },
      onFailure: () => cooldowns.noteFailure(),
      onWithdrawal(withdrawal) {
        withdrawals.apply(withdrawal).catch((cause: unknown) => failed('withdraw', cause));
      },
      onLiveChange: () => {},
      async catchUp() {
        await redisClock.ask(redis, keys.scheduleDue);
        await withdrawals.catchUp(clients.all);
        await nearCopies.catchUp();
      },
    },
  );
  const lockParts = { connections, keys, redisClock, outcomes, messages };
  const requestOf = ({ client, scopes, targets }: RequestRecord) => clients.request(client, scopes, targets);
  const purge = new Purge(shared, requestOf);
  const withdrawals = new Withdrawals({ ...shared, near: memory, store, messages }, (taken) =>
    storage.onTaken(taken),
  );
  const roster = new ReplicaRegistry(replica, shared);
  const quotas = new RedisQuotas(shared, () => roster.count);
  const budget = new ResilientTokenRequestBudget(
    new RedisTokenRequestBudget(shared, quotas),
    new MemoryTokenRequestBudget(clock, quotas),
    failed,
  );
  const refreshQuotas = () => void quotas.refresh(clients.all);
  let refreshing: NodeJS.Timeout | undefined;
  const idleAfter = idleByQuota((client) => budget.isLow(client));
  const schedule = new ResilientRenewalSchedule(
    new RedisRenewalSchedule(shared, requestOf, idleAfter),
    failed,
    clock,
    Math.random,
    idleAfter,
  );
  const cooldowns = new RedisCooldownStore(shared, () => outcomes.isLive);
  const storage: TokenStorage = {
    memory,
    shared: store,
    updates: outcomes,
    lock: new RedisRenewalLock(lockParts, clock, Math.random, (operation, reason) =>
      failed(`lock_${operation}`, new RedisUnavailable(reason)),
    ),
    schedule,
    cooldowns: new ResilientCooldownStore(cooldowns, new MemoryCooldownStore(clock), failed),
    budget,
    history: new ResilientRenewalHistory(
      new RedisRenewalHistory(shared),
      new MemoryRenewalHistory(clock),
      failed,
    ),
    signingKeys: new RedisSigningKeyStore(shared),
    kind: 'redis',
    state: () => health.state,
    replicas: () => roster.seen(),
    apply({ store: next }) {
      if (next === undefined) return;
      ring.replace(next.redis.encryptionKeys);
      connections.logIn(next.redis);
    },
    async purge(before) {
      const formerOf = ({ client, scopes, targets }: RequestRecord) =>
        before.request(client, scopes, targets);
      try {
        await purge.run(formerOf);
        for await (const { former, current } of purge.succeeded(formerOf)) {
          const token = await store.read(former);
          if (token === undefined) continue;
          const carried = carriedOver(token, current, clock.now());
          await store.putBack(current, carried);
          schedule.noteDemand(current, carried.renewAt);
        }
        // Replicas that have not read the new settings yet still serve them.
        await pause(rereadTime, undefined, { ref: false });
        await purge.run();
      } catch (cause) {
        failed('purge', cause);
      }
    },
    withdraw: (client) => withdrawals.run(client),
    onTaken: () => {},
    derivedDigests: new RedisDerivedDigests({ redis, health, keys, ring }, ready),
    acceptedCredential: (client) => accepted.of(client).catch(() => undefined),
    async open() {
      outcomes.open();
      clock.after(startGrace, () => reports.started());
      if (await ready()) {
        await refuseOutdated(redis);
        // What was sent before the connections stood has failed: without this the replica would begin alone.
        await health.recheck(() => redis.ping());
        reports.started(true);
      }
      // One that comes up later, or that a failover leads to.
      watchVersion(redis, (message) => events.emit({ type: 'store_unfit', message }));
      connections.keepChecked();
      roster.open();
      refreshing = setInterval(refreshQuotas, quotaRefresh).unref();
    },
    async close() {
      await schedule.flush();
      clearInterval(refreshing);
      await roster.close();
      outcomes.close();
      await connections.close();
    },
  };
  return storage;
}
