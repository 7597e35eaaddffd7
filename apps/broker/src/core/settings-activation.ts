import { ConsumerActivities } from '#consumers/consumer-activity.js';
import { SettingsMetrics } from '#metrics/settings-metrics.js';
import { TokenMetrics } from '#metrics/token-metrics.js';
import { ClientDirectory } from '#tokens/client-directory.js';
import { carryOver } from '#tokens/credential-rollover.js';
import { Clock } from '#tokens/model/clock.js';
import { KeyRemoval } from '#tokens/key-removal.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { TrustedTime } from '#tokens/trusted-time.js';
import { RedisClock } from '#redis/connection/redis-clock.js';
import { LoadedSettings } from '../settings/load-settings.js';
import { SettingsFile } from '../settings/settings-file.js';
import type { Settings } from '../settings/settings.js';
import { BrokerHealth } from './broker-health.js';
import { LOG } from './broker-options.js';
import { factory } from './factory.js';
import { ActiveSettings } from './active-settings.js';
import {
  connectClient,
  type ConnectedClient,
  type ConnectionContext,
  keySetsOf,
} from './connected-client.js';
import { PublishedKeys } from './published-keys.js';
import { CredentialTrials } from './credential-trials.js';
import { TokenWithdrawal } from './token-withdrawal.js';
import { type SettingsSnapshot, settingsSnapshot } from './settings-snapshot.js';
import { TokenStorage } from './store.module.js';

/** The settings as they come into force: what each version makes, and what it changes in the parts that run. */
export const activeSettings = factory(
  ActiveSettings,
  [
    SettingsFile,
    LoadedSettings,
    ConsumerActivities,
    PublishedKeys,
    CredentialTrials,
    KeyRemoval,
    TokenWithdrawal,
    ClientDirectory,
    TokenStorage,
    BrokerHealth,
    TokenMetrics,
    SettingsMetrics,
    Clock,
    TrustedTime,
    LOG,
  ],
  async (
    file,
    loaded,
    activities,
    publishedKeys,
    trials,
    keyRemoval,
    withdrawal,
    clients,
    storage,
    health,
    tokenMetrics,
    metrics,
    clock,
    time,
    log,
  ) => {
    const { memory, schedule, cooldowns } = storage;

    const connection: ConnectionContext & Required<Pick<ConnectionContext, 'onTokenRequest'>> = {
      managedKeys: publishedKeys.keys,
      derivedDigests: storage.derivedDigests,
      clockSkew: {
        agreed: () => time.now() - clock.wallTime(),
        ofStore: () => time.skewOf(RedisClock.peer),
      },
      onTokenRequest(event) {
        if (event.rateLimit !== undefined) health.clients.rateLimited(event.client, event.rateLimit);
        tokenMetrics.sent(event);
        if (event.skew === undefined) return;
        health.clients.skewed(event.client, event.skew);
        time.note(event.server, clock.wallTime() + event.skew);
      },
    };

    const make = (
      next: Settings,
      before: SettingsSnapshot | undefined,
      former: readonly ConnectedClient[],
    ): Promise<SettingsSnapshot> =>
      settingsSnapshot(next, {
        ...connection,
        clock,
        activities,
        before,
        former,
        needsTrial: (one, changed) => trials.isNeeded(one, changed),
        onKeysNotFetched(issuer, err) {
          metrics.workloadKeysFailed(issuer);
          log.warn({ issuer, err }, 'keys of the workload issuer not fetched; those known stay in use');
        },
      });

    async function formerClients({
      settings,
      clients: active,
    }: SettingsSnapshot): Promise<ConnectedClient[]> {
      const former = new Map<string, ConnectedClient>();
      for (const client of active) {
        const accepted = await storage.acceptedCredential(client);
        if (accepted === undefined) continue;
        const proof = { ...accepted, credentials: [], unknownVersions: accepted.credentials };
        const known = await connectClient({ ...settings.clients[client.name]!, ...proof }, clock, connection);
        if (known.identity !== client.identity) former.set(client.name, known);
        else await known.server.close();
      }
      // The plans of other replicas are read by these.
      if (former.size > 0) clients.replace(active.map((client) => former.get(client.name) ?? client));
      return [...former.values()];
    }

    function onChange(next: SettingsSnapshot, before: SettingsSnapshot | undefined): void {
      storage.apply(next.settings);
      publishedKeys.replaceSettings(next.settings);
      clients.replace(next.clients);
      const isMade = (request: TokenRequest) => clients.current(request) !== undefined;
      health.replaceClients(next.clients, isMade);
      for (const client of removed(before, next))
        if (client.options.revokeOnRemoval) void withdrawal.remove(client);
      carryOver(memory, schedule, clients, clock.now());
      memory.retain(isMade);
      void cooldowns.forgetRequests();
      void schedule.keep(clients.preload());
      if (before !== undefined && anyClientIdentityChanged(before, next)) {
        const former = new ClientDirectory();
        former.replace(before.clients);
        void storage.purge(former);
      }
      activities.retain(new Set(Object.keys(next.settings.consumers)));
      trials.replace(next.onTrial);
      keyRemoval.replace(keySetsOf(next.clients));
    }

    const parts = { file, loaded, make, formerClients, trials, onChange };
    const active = new ActiveSettings(parts, metrics, log, clock);
    await active.start();
    return active;
  },
);

/** The clients that are not there any more, or are registered elsewhere. */
function removed(before: SettingsSnapshot | undefined, next: SettingsSnapshot): ConnectedClient[] {
  const registrations = new Set(next.clients.map(({ registration }) => registration));
  return (before?.clients ?? []).filter(({ registration }) => !registrations.has(registration));
}

/** Whether a client has another credential now, or is registered elsewhere: then its tokens are no longer served. */
function anyClientIdentityChanged(before: SettingsSnapshot, next: SettingsSnapshot): boolean {
  const identities = new Map(before.clients.map(({ name, identity }) => [name, identity]));
  return next.clients.some(({ name, identity }) => identities.get(name) !== identity);
}
